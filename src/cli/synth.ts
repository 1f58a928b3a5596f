import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { execa } from "execa";
import type { CommandContext } from "./context.js";
import { environmentsOption, exitStatusHelp } from "./options.js";

interface SynthOptions {
  readonly environments: string;
  readonly out: string;
}

/** Program that CDKTF runs, too. Started without a TypeScript loader, because that is faster. */
const SYNTH = fileURLToPath(new URL("../cached-main.cjs", import.meta.url));

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Checks the configuration, the policy and the capacity of all environments, and writes the Terraform configuration of all stacks.",
    )
    .addOption(environmentsOption(context.env))
    .option(
      "--out <folder>",
      "folder of the synthesized stacks (or CDKTF_OUTDIR)",
      context.env.CDKTF_OUTDIR || "cdktf.out",
    )
    .addHelpText("after", exitStatusHelp("a stack violates the policy"))
    .action((options: SynthOptions) => synth(options, context));
}

async function synth({ environments, out }: SynthOptions, context: CommandContext): Promise<void> {
  const env = { ...context.env, NOTEJAM_ENVIRONMENTS: environments, CDKTF_OUTDIR: out };
  const { stdout, stderr, exitCode } = await execa(process.execPath, [SYNTH], {
    env,
    extendEnv: false,
    reject: false,
  });
  if (stdout !== "") context.print(stdout);
  if (stderr !== "") context.warn(stderr);
  context.exitStatus = exitCode ?? 2;
}
