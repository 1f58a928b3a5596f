/** Surroundings of one run of the program; tests replace them. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  /** Prints results to standard output: one line or several. */
  readonly print: (text: string) => void;
  /** Prints progress, warnings and errors to standard error: one line or several. */
  readonly warn: (text: string) => void;
  /** Exit status of a run that ends without an error; Ctrl-C sets another one. @default 0 */
  exitStatus: number;
}

/** Returns the context of this process. */
export function processContext(): CommandContext {
  // A closed output (`| head`) does not stop the work.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return {
    env: process.env,
    print: (text) => void process.stdout.write(`${text}\n`),
    warn: (text) => void process.stderr.write(`${text}\n`),
    exitStatus: 0,
  };
}

/** Prints a result: as JSON for `--json`, else as text. */
export function printResult(
  { print }: CommandContext,
  { json }: { readonly json?: boolean },
  result: unknown,
  text: () => string,
): void {
  print(json ? JSON.stringify(result, undefined, 2) : text());
}
