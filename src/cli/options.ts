import { InvalidArgumentError, Option } from "commander";

/** Returns `--environments <folder>`. */
export function environmentsOption({ NOTEJAM_ENVIRONMENTS }: NodeJS.ProcessEnv): Option {
  return new Option(
    "--environments <folder>",
    "folder of the environments (or NOTEJAM_ENVIRONMENTS)",
  ).default(NOTEJAM_ENVIRONMENTS || "environments");
}

/** Returns `--tree <folder>`. */
export function treeOption(): Option {
  return new Option("--tree <folder>", "folder of the Flux tree").default("flux");
}

/** Returns `--app <folder>`. */
export function appOption(): Option {
  return new Option("--app <folder>", "folder of the synthesized stacks").default("cdktf.out");
}

/** Returns `--json`. */
export function jsonOption(): Option {
  return new Option("--json", "print the result as JSON");
}

/**
 * Returns the line about exit statuses of a command's help.
 *
 * @param failure what status 1 means. @default the command checks nothing and never exits with 1
 * @param more further statuses
 */
export function exitStatusHelp(failure?: string, more: readonly string[] = []): string {
  const failed = failure === undefined ? [] : [`1 check failed (${failure})`];
  return `\nExit status: ${["0 success", ...failed, "2 error", ...more].join(", ")}.`;
}

/** Returns a parser of whole numbers from `minimum` to `maximum`. */
export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      const range = maximum === Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `from ${minimum} to ${maximum}`;
      throw new InvalidArgumentError(`It must be a whole number ${range}.`);
    }
    return value;
  };
}

/** Parses a number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}
