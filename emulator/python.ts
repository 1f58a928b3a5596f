import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Long enough for a cold Python on a busy machine. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Returns the version of moto's server in a Python, or undefined where it has none. */
export async function motoVersionOf(
  python: string,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  // moto.server needs what only `moto[server]` brings: a bare moto does not count.
  const program = "import moto, moto.server; print(moto.__version__)";
  return readOutput(python, ["-c", program], environment);
}

/** Returns what a program prints, or undefined where it prints nothing, fails or does not exist. */
export async function readOutput(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, args, { env: environment, timeout: ANSWER_TIMEOUT_MS });
    return stdout.trim() || undefined;
  } catch {
    return undefined; // it does not exist, or it failed
  }
}

/** Returns the path of a program of `PATH`, or undefined. */
export async function findOnPath(
  program: string,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const { PATH: path = "" } = environment;
  for (const folder of path.split(delimiter)) {
    const file = join(folder || ".", program);
    try {
      await access(file, constants.X_OK);
      if ((await stat(file)).isFile()) return file;
    } catch {
      // look in the next folder
    }
  }
  return undefined;
}
