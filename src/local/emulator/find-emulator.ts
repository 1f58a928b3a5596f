import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { MissingTool } from "./missing-tool.js";

const run = promisify(execFile);

/** The moto release the extension was tried with; another minor release brings a warning. */
const TRIED_MOTO = "5.2";

/** The image used where no Python has moto. */
export const MOTO_IMAGE = "motoserver/moto:5.2.1";

/** Long enough for a cold Python on a busy machine. */
const ANSWER_TIMEOUT_MS = 30_000;

/** How to run moto on this machine. */
export type EmulatorInstallation = {
  /** What people should know before they rely on it; empty when all is as tried. */
  readonly warnings: readonly string[];
} & (
  | { readonly kind: "python"; readonly python: string; readonly motoVersion: string }
  | { readonly kind: "docker"; readonly docker: string; readonly image: string }
);

/**
 * Finds moto: `NOTEJAM_EMULATOR_PYTHON`, the interpreter behind `moto_server` (also behind a pyenv shim), `python3`,
 * `python`, and at last a container engine that answers.
 *
 * @throws MissingTool when there is none of them
 */
export async function findEmulator(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<EmulatorInstallation> {
  const { NOTEJAM_EMULATOR_PYTHON: chosen } = environment;
  if (chosen) return chosenInterpreter(chosen, environment);

  for (const python of await interpreters(environment)) {
    const motoVersion = await motoVersionOf(python, environment);
    if (motoVersion) return { kind: "python", python, motoVersion, warnings: versionWarnings(motoVersion) };
  }
  const docker = await answeringDocker(environment);
  if (docker) return { kind: "docker", docker, image: MOTO_IMAGE, warnings: [] };
  throw new MissingTool("The AWS emulator (moto)", "pip install 'moto[server]'");
}

/** What to say about a moto version; empty for the release that was tried. */
export function versionWarnings(motoVersion: string): readonly string[] {
  if (motoVersion.startsWith(`${TRIED_MOTO}.`)) return [];
  return [
    `moto ${motoVersion} was not tried with this project (${TRIED_MOTO} was): if an apply fails, pip install 'moto[server]~=${TRIED_MOTO}.0'`,
  ];
}

async function chosenInterpreter(
  python: string,
  environment: NodeJS.ProcessEnv,
): Promise<EmulatorInstallation> {
  const motoVersion = await motoVersionOf(python, environment);
  if (!motoVersion) {
    throw new MissingTool(
      `moto in NOTEJAM_EMULATOR_PYTHON (${python})`,
      `${python} -m pip install 'moto[server]', or unset the variable`,
    );
  }
  return { kind: "python", python, motoVersion, warnings: versionWarnings(motoVersion) };
}

async function interpreters(environment: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const server = await onPath("moto_server", environment);
  const behindServer = server ? await interpreterBehind(server, environment) : undefined;
  return [...(behindServer ? [behindServer] : []), "python3", "python"];
}

/** The Python that runs a console script: from its first lines, or from pyenv where it is a shim. */
async function interpreterBehind(
  script: string,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const text = await readFile(script, "utf8");
  const python = interpreterOfScript(text);
  if (python || !text.includes("pyenv")) return python;
  const real = await outputOf("pyenv", ["which", "moto_server"], environment);
  return real ? interpreterOfScript(await readFile(real, "utf8")) : undefined;
}

/** Reads `#!/path/python`, and the `exec` line that pip writes where that path is too long for a `#!`. */
export function interpreterOfScript(text: string): string | undefined {
  const [first = "", second = ""] = text.split("\n", 2);
  const direct = /^#!\s*(\/\S*python[\d.]*)\s*$/.exec(first)?.[1];
  return direct ?? /^'''exec' "?(\/[^"]*python[\d.]*)"? /.exec(second)?.[1];
}

async function motoVersionOf(python: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  // moto.server needs what only `moto[server]` brings: a bare moto does not count.
  const program = "import moto, moto.server; print(moto.__version__)";
  return outputOf(python, ["-c", program], environment);
}

async function answeringDocker(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const answer = await outputOf("docker", ["version", "--format", "{{.Server.Version}}"], environment);
  return answer ? "docker" : undefined;
}

async function outputOf(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, args, { env: environment, timeout: ANSWER_TIMEOUT_MS });
    return stdout.trim() || undefined;
  } catch {
    return undefined; // not there, or does not work: for the search that is the same
  }
}

async function onPath(program: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { PATH: path = "" } = environment;
  for (const folder of path.split(delimiter)) {
    const file = join(folder || ".", program);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      // look in the next folder
    }
  }
  return undefined;
}
