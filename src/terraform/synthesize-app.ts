import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { UserError } from "../user-error.js";
import { readStacks, type SynthesizedStack } from "./synthesized-stacks.js";

const CdktfJson = z.object({ app: z.string().min(1) });

export interface SynthesizeProps {
  /** Project folder with `cdktf.json`. */
  readonly projectFolder: string;
  /** Output folder. Created if it does not exist. */
  readonly out: string;
  /** Ends the app. @default the app runs to its end */
  readonly signal?: AbortSignal;
}

/**
 * Runs the app in `cdktf.json` like `cdktf synth`: with its output folder in `CDKTF_OUTDIR` and without Terraform
 * variables in its environment.
 *
 * @returns the synthesized stacks
 * @throws UserError with the app's output if it fails
 */
export async function synthesize({
  projectFolder,
  out,
  signal,
}: SynthesizeProps): Promise<SynthesizedStack[]> {
  const app = appCommand(projectFolder);
  const { failed, all, exitCode } = await execa(app, {
    shell: true,
    cwd: projectFolder,
    env: environmentWithoutVariables(out),
    extendEnv: false,
    reject: false,
    stdin: "ignore",
    all: true,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  if (failed) throw appError(app, all ?? "", exitCode);
  return readOutput(out);
}

function readOutput(out: string): SynthesizedStack[] {
  if (!existsSync(join(out, "manifest.json"))) {
    throw new UserError(`The app wrote no stacks into ${out}.`, {
      hint: "Check that the app in cdktf.json synthesizes.",
    });
  }
  return [...readStacks(out).values()];
}

function appCommand(projectFolder: string): string {
  const file = join(projectFolder, "cdktf.json");
  if (!existsSync(file)) {
    throw new UserError(`There is no cdktf.json in ${projectFolder}.`, {
      hint: "Run npm start from the project's folder.",
    });
  }
  return CdktfJson.parse(JSON.parse(readFileSync(file, "utf8"))).app;
}

/** Removes `TF_VAR_*`, as CDKTF does, so that the JSON never contains the value of a variable. */
function environmentWithoutVariables(out: string): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith("TF_VAR_"));
  return { ...Object.fromEntries(entries), CDKTF_OUTDIR: out };
}

function appError(app: string, output: string, exitCode: number | undefined): UserError {
  const text = output.trim();
  if (text !== "") return new UserError(text, { hint: "Nothing was applied." });
  return new UserError(
    `The stacks could not be synthesized: \`${app}\` ended with ${exitCode ?? "a signal"}.`,
    {
      hint: "Run npm run synth to see why.",
    },
  );
}
