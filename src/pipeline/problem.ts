/**
 * Something the person, or the workflow, can put right: a missing token, an unknown stack, a service out of reach. It ends
 * the program with status 2 and one line: what is wrong, where and why, and what to do next.
 */
export class PipelineProblem extends Error {
  override readonly name = "PipelineProblem";

  /**
   * @param what what is wrong, where and why: one sentence with its full stop
   * @param remedy what to do next: one sentence with its full stop
   */
  constructor(what: string, remedy: string, options: { cause?: unknown } = {}) {
    super(oneLine(`${what} ${remedy}`), { cause: options.cause });
  }
}

/** Several lines made one; what a service answered may hold line breaks. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** What an error says, in one line. */
export function reasonOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error));
}
