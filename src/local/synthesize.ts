import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { errorCode, explainFileError, LocalProblem } from "./problem.js";

const CdktfJson = z.object({ app: z.string().min(1) });
const Manifest = z.object({ stacks: z.record(z.string(), z.object({ synthesizedStackPath: z.string() })) });

/** One synthesized stack. */
export interface SynthesizedStack {
  /** The stack's name: `notejam-dev`. */
  readonly name: string;
  /** The folder that holds its `cdk.tf.json`, where Terraform runs. */
  readonly folder: string;
  /** The path of the JSON itself. */
  readonly file: string;
}

export interface SynthesizeProps {
  /** The project's folder, which holds `cdktf.json`. */
  readonly projectFolder: string;
  /** Where to write; made if it does not exist. */
  readonly out: string;
  readonly signal?: AbortSignal;
}

/**
 * Runs the app that `cdktf.json` names, the way `cdktf synth` does (its output folder in `CDKTF_OUTDIR`, no
 * Terraform variables in its environment), and says which stacks it wrote.
 *
 * @throws LocalProblem with the app's own message when it refuses to synthesize
 */
export async function synthesize({
  projectFolder,
  out,
  signal,
}: SynthesizeProps): Promise<SynthesizedStack[]> {
  const app = appCommand(projectFolder);
  const result = await execa(app, {
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
  if (result.failed) {
    throw refusal(app, result.all ?? "", result.exitCode);
  }
  return readManifest(out);
}

/** Reads which stacks a synthesized folder holds. */
export function readManifest(out: string): SynthesizedStack[] {
  const file = join(out, "manifest.json");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw errorCode(error) === "ENOENT"
      ? new LocalProblem(
          `The app wrote no stacks: ${file} is missing.`,
          "Check that src/synthesize.ts writes the stacks.",
          { cause: error },
        )
      : explainFileError(error, "read the synthesized stacks", out);
  }
  const { stacks } = Manifest.parse(JSON.parse(text));
  return Object.entries(stacks).map(([name, { synthesizedStackPath }]) => {
    const path = join(out, synthesizedStackPath);
    return { name, file: path, folder: dirname(path) };
  });
}

function appCommand(projectFolder: string): string {
  const file = join(projectFolder, "cdktf.json");
  if (!existsSync(file)) {
    throw new LocalProblem(
      `There is no cdktf.json in ${projectFolder}.`,
      "Run npm start from the project's folder.",
    );
  }
  return CdktfJson.parse(JSON.parse(readFileSync(file, "utf8"))).app;
}

/** cdktf keeps `TF_VAR_*` from the app, so that no value of a variable can end up in the JSON. So do we. */
function environmentWithoutVariables(out: string): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith("TF_VAR_"));
  return { ...Object.fromEntries(entries), CDKTF_OUTDIR: out };
}

function refusal(app: string, output: string, exitCode: number | undefined): LocalProblem {
  const said = output.trim();
  const what =
    said === ""
      ? `The stacks could not be synthesized: \`${app}\` ended with ${exitCode ?? "a signal"}.`
      : said;
  return new LocalProblem(what, said === "" ? "Run npm run synth to see why." : "Nothing was applied.");
}
