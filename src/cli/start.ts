import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { errorCode } from "../error-text.js";
import { destroyLocal } from "../local/destroy-local.js";
import { explainEmulatorError } from "../local/emulator-error.js";
import { explainFileError } from "../local/file-error.js";
import { exitCodeOf, Interrupted, Interruption } from "../local/interruption.js";
import { type Outcome, runLocal } from "../local/local-run.js";
import type { LocalRunProps } from "../local/local-run-props.js";
import { PARTS, type Part } from "../local/machine.js";
import { plainProgress, terminalProgress } from "../local/progress.js";
import { chooseStateFolder, type StateFolder, writeWhole } from "../local/state-folder.js";
import { UserError } from "../user-error.js";
import type { CommandContext } from "./context.js";
import { exitStatusHelp, wholeNumber } from "./options.js";

interface StartOptions {
  readonly env?: string[];
  readonly require?: Part[];
  readonly installEmulator?: boolean;
  readonly port?: number;
  readonly fresh?: boolean;
  readonly destroy?: boolean;
  readonly once?: boolean;
  readonly app: boolean;
  readonly appPort?: number;
  readonly check?: boolean;
  readonly parallelism: number;
  readonly state?: string;
}

const DEFAULT_ENVIRONMENT = "dev";

/** Time for Terraform to end by itself after the second Ctrl-C. */
const FORCE_AFTER_MS = 3000;

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Runs an environment on this machine. Synthesizes the stacks, applies them with Terraform to an emulated AWS that keeps its contents between runs, and runs Notejam there with the environment variables of its pods. Leaves out parts whose tools are missing: with Node alone, Notejam runs on its embedded database. Never uses a cloud account.",
    )
    .option("-e, --env <name...>", `environments to run (default: ${DEFAULT_ENVIRONMENT})`)
    .option(
      "--require <part...>",
      `fail if one of these parts is left out: all, ${PARTS.join(", ")}`,
      (name: string, before: Part[] = []) => [...before, ...partsNamed(name)],
    )
    .option(
      "--install-emulator",
      "install the AWS emulator (moto) into the state folder; does not change your own Python",
    )
    .option(
      "-p, --port <number>",
      "port of the emulated AWS on 127.0.0.1 (default: a free one)",
      wholeNumber(0, 65_535),
    )
    .option("--no-app", "only apply the stacks, without running Notejam")
    .option(
      "--app-port <number>",
      "port of Notejam on 127.0.0.1 (default: the pod's, or a free one; 0: a free one)",
      wholeNumber(0, 65_535),
    )
    .option("--once", "exit when everything runs, instead of waiting for Ctrl-C")
    .option("--check", "plan again even if nothing changed since the last complete apply")
    .option("--fresh", "start over: remove the emulated account and all notes")
    .option(
      "--destroy",
      "destroy the resources, list what remains, and remove the state folder with all notes",
    )
    .option("--state <folder>", "folder for the state between runs (default: .notejam)")
    .option("--parallelism <number>", "operations that Terraform runs at once", wholeNumber(1, 256), 20)
    .addHelpText(
      "after",
      `
Parts whose tools are missing are left out with status 0.
${exitStatusHelp(undefined, ["130 Ctrl-C during startup"])}

Examples:
  npm start
  npm start -- --env prod --require all`,
    )
    .action((options: StartOptions) => start(options, context));
}

function partsNamed(name: string): readonly Part[] {
  if (name === "all") return PARTS;
  const parts = PARTS.filter((part) => part === name);
  if (parts.length === 0) throw new InvalidArgumentError(`Choose from: all, ${PARTS.join(", ")}.`);
  return parts;
}

async function start(options: StartOptions, context: CommandContext): Promise<void> {
  const projectFolder = process.cwd();
  const folder = chooseStateFolder({ configured: options.state, projectFolder });
  const interruption = new Interruption(
    (signal) => {
      context.warn(`\nStopping (${signal}); saving state. Press Ctrl-C again to force.`);
    },
    // Programs that were started end when this process is gone.
    (signal) => setTimeout(() => process.exit(exitCodeOf(new Interrupted(signal))), FORCE_AFTER_MS).unref(),
  );
  const stopListening = interruption.listen();
  // The output is closed (`npm start | head`): shut down as after Ctrl-C.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => {
      if (!interruption.requested) {
        interruption.request("SIGPIPE");
      }
    });
  }
  try {
    if (options.state === undefined && folder.path !== join(projectFolder, ".notejam")) {
      context.print(
        `The checkout is read-only. The state is kept in ${folder.path} (--state chooses another folder).`,
      );
    }
    const props: LocalRunProps = {
      projectFolder,
      folder,
      environments: [...new Set(options.env ?? [DEFAULT_ENVIRONMENT])],
      required: options.require ?? [],
      installEmulator: options.installEmulator ?? false,
      interactive: process.stdin.isTTY === true && process.stdout.isTTY === true && !process.env.CI,
      ...(options.port === undefined || options.port === 0 ? {} : { port: options.port }),
      fresh: options.fresh ?? false,
      check: options.check ?? false,
      once: options.once ?? false,
      application: options.app,
      ...(options.appPort === undefined ? {} : { applicationPort: options.appPort }),
      parallelism: options.parallelism,
      progress:
        process.stdout.isTTY && process.stdout.columns > 0
          ? terminalProgress()
          : plainProgress(context.print),
      interruption,
      print: context.print,
      warn: (error) => context.warn(`\n${asUserError(error, folder).message}\n${CONTINUES}\n`),
    };
    if (options.destroy) {
      await destroyLocal(props);
    } else {
      context.exitStatus = exitStatusOf(await runLocal(props), props);
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) {
      context.warn("");
      throw asUserError(error, folder);
    }
    context.warn(
      `Stopped. Created resources are kept in ${folder.path}: the next npm start continues from there.`,
    );
    context.exitStatus = exitCodeOf(error);
  } finally {
    stopListening();
  }
}

const CONTINUES = "The emulated AWS is left out because of this error. The run continues without it.";

/** Returns 2 if the emulated AWS failed and the run ends by itself. A run until Ctrl-C has already shown the error. */
function exitStatusOf({ awsFailed, applicationRan }: Outcome, { once }: LocalRunProps): number {
  return awsFailed && (once || !applicationRan) ? 2 : 0;
}

/** Returns the error to print. The details of a bug in this repository go to a file. */
function asUserError(error: unknown, folder: StateFolder): UserError {
  const known = explainEmulatorError(explainFileError(error, "work", folder.path));
  return known instanceof UserError ? known : unexpectedError(error, folder);
}

function unexpectedError(error: unknown, folder: StateFolder): UserError {
  const summary = `Unexpected error: ${error instanceof Error ? error.message : String(error)}.`;
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  try {
    writeWhole(folder.errorLog, `${details}\n`);
    return new UserError(summary, { hint: `Details are in ${folder.errorLog}.`, cause: error });
  } catch (second) {
    const why = errorCode(second) ?? "unknown error";
    return new UserError(summary, { hint: `The details cannot be written (${why}).`, cause: error });
  }
}
