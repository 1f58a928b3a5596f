import type { Ended } from "./machine.js";

/** Expected result of a command. */
export interface Expectation {
  readonly status: number;
  /** Texts that must be on standard output. */
  readonly prints?: readonly RegExp[];
  /** Texts that must be on standard error. */
  readonly warns?: readonly RegExp[];
}

/** Lines of output that a failure shows. */
const LINES_SHOWN = 40;

/** Compares a result with the expectation. @throws Error with the end of the output when they differ */
export function expectEnd(
  command: string,
  ended: Ended,
  { status, prints = [], warns = [] }: Expectation,
): void {
  const faults = [
    ...(ended.status === status ? [] : [`ended with ${ended.status} instead of ${status}`]),
    ...prints.filter((text) => !text.test(ended.stdout)).map((text) => `did not print ${text}`),
    ...warns
      .filter((text) => !text.test(ended.stderr))
      .map((text) => `did not print ${text} on standard error`),
    ...(/^\s+at .*\(?\S+:\d+:\d+\)?$/m.test(ended.stderr) ? ["printed a stack trace"] : []),
  ];
  if (faults.length === 0) return;
  throw new Error(`${command}: ${faults.join("; ")}\n${tail(ended.stdout)}\n${tail(ended.stderr)}`);
}

function tail(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .slice(-LINES_SHOWN)
    .map((line) => `    ${line}`)
    .join("\n");
}
