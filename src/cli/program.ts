import { Command } from "commander";
import type { CommandGroup, LazyCommand } from "./command.js";
import type { CommandContext } from "./context.js";
import { exitStatusHelp } from "./options.js";
import { PIPELINE_COMMANDS } from "./pipeline.js";
import { reportUserError } from "./report-user-error.js";

const COMMANDS: readonly (LazyCommand | CommandGroup)[] = [
  {
    name: "start",
    summary: "run an environment on this machine, with an emulated AWS",
    load: () => import("./start.js"),
  },
  {
    name: "synth",
    summary: "write the Terraform configuration of all stacks",
    load: () => import("./synth.js"),
  },
  {
    name: "check",
    summary: "check the configuration, and what Flux applies in each environment",
    load: () => import("./check.js"),
  },
  {
    name: "capacity",
    summary: "compare the load of each environment with its capacity",
    load: () => import("./capacity.js"),
  },
  {
    name: "deploy-order",
    summary: "list the stacks of an environment in deployment order",
    load: () => import("./deploy-order.js"),
  },
  {
    name: "failover",
    summary: "check and plan the failover of an environment to another region",
    load: () => import("./failover.js"),
  },
  { name: "pipeline", summary: "commands of the GitHub workflows", commands: PIPELINE_COMMANDS },
  {
    name: "bootstrap",
    summary: "apply the bootstrap stack for the first time",
    load: () => import("./bootstrap.js"),
  },
  { name: "destroy", summary: "destroy an environment", load: () => import("./destroy.js") },
];

/** Returns the words that call each command, such as `["pipeline", "plan"]`; a group is listed before its commands. */
export function commandPaths(): readonly (readonly string[])[] {
  return COMMANDS.flatMap((entry) =>
    "commands" in entry
      ? [[entry.name], ...entry.commands.map(({ name }) => [entry.name, name])]
      : [[entry.name]],
  );
}

/**
 * Runs the program.
 *
 * @param args command-line arguments without Node and the script
 * @returns the exit status
 */
export async function runProgram(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    const program = new Command("npm run notejam --")
      .description("Runs, checks, deploys and destroys Notejam's platform.")
      .addHelpText("after", exitStatusHelp("see the help of each command"))
      .exitOverride()
      .configureOutput({
        writeOut: (text) => context.print(text.trimEnd()),
        writeErr: (text) => context.warn(text.trimEnd()),
        // reportUserError prints errors.
        outputError: () => {},
      });
    await addCommands(program, COMMANDS, args, context);
    await program.parseAsync(args, { from: "user" });
    return context.exitStatus;
  } catch (error) {
    return reportUserError(error, context);
  }
}

/** Adds commands to a parent; only the command that `args` calls is loaded. */
async function addCommands(
  parent: Command,
  entries: readonly (LazyCommand | CommandGroup)[],
  args: readonly string[],
  context: CommandContext,
): Promise<void> {
  const [called, ...rest] = args.filter((arg) => !arg.startsWith("-") && arg !== "help");
  for (const entry of entries) {
    const command = parent.command(entry.name).summary(entry.summary);
    if ("commands" in entry) {
      command
        .description(`${entry.summary.slice(0, 1).toUpperCase()}${entry.summary.slice(1)}.`)
        .addHelpText("after", exitStatusHelp("see the help of each command"));
      await addCommands(command, entry.commands, rest, context);
    } else if (entry.name === called) {
      const { define } = await entry.load();
      define(command, context);
    }
  }
}
