import { runProgram } from "../src/cli/program.js";

/** Result of a run of the command-line program. */
export interface Ended {
  readonly status: number;
  /** Lines of standard output, joined by line breaks. */
  readonly stdout: string;
  /** Lines of standard error, joined by line breaks. */
  readonly stderr: string;
}

/**
 * Runs the command-line program in this process.
 *
 * @param args such as `["capacity", "--json"]`
 * @param env its environment. @default empty
 */
export async function runNotejam(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const status = await runProgram(args, {
    env,
    print: (text) => void stdout.push(text),
    warn: (text) => void stderr.push(text),
    exitStatus: 0,
  });
  return { status, stdout: stdout.join("\n"), stderr: stderr.join("\n") };
}
