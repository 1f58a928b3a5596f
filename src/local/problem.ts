/**
 * Something the person at the keyboard can put right: a missing tool, a taken port, a full disk. The message is
 * one line that says what is wrong, where and why, and what to do next; it is shown without a stack trace.
 */
export class LocalProblem extends Error {
  override readonly name = "LocalProblem";
  /**
   * @param what what is wrong, where and why: one sentence with its full stop
   * @param remedy what to do next: one sentence with its full stop; empty where `what` already says it
   */
  constructor(what: string, remedy: string, options: { cause?: unknown } = {}) {
    super(remedy === "" ? what : `${what}${what.endsWith("\n") ? "" : " "}${remedy}`, {
      cause: options.cause,
    });
  }
}

/** The run was told to stop (Ctrl-C or a signal). What had been done is kept. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`Stopped by ${signal}.`);
    this.signal = signal;
  }
}

const FILE_PROBLEMS: Readonly<Record<string, { why: string; remedy: string }>> = {
  ENOSPC: { why: "the disk is full", remedy: "Free some space there, then run the same command again." },
  EDQUOT: {
    why: "the disk quota is used up",
    remedy: "Free some space there, then run the same command again.",
  },
  EACCES: {
    why: "permission is denied",
    remedy: "Make the folder yours to write, then run the same command again.",
  },
  EPERM: {
    why: "the operation is not permitted",
    remedy: "Make the folder yours to write, then run the same command again.",
  },
  EROFS: { why: "the file system is read-only", remedy: "Use another folder (--state <folder>)." },
  EEXIST: {
    why: "a file stands where a folder is needed",
    remedy: "Move that file away, or use another folder (--state <folder>).",
  },
  EISDIR: {
    why: "a folder stands where a file is needed",
    remedy: "Move that folder away, or use another folder (--state <folder>).",
  },
  ENOTDIR: {
    why: "a file stands where a folder is needed",
    remedy: "Move that file away, or use another folder (--state <folder>).",
  },
};

/**
 * Turns an error of the file system into a {@link LocalProblem} that names the path, and gives back anything else
 * as it came.
 *
 * @param doing what was being done, for instance "write the synthesized stacks"
 */
export function explainFileError(error: unknown, doing: string, path: string): unknown {
  const known = FILE_PROBLEMS[errorCode(error) ?? ""];
  if (known === undefined) {
    return error;
  }
  return new LocalProblem(`Cannot ${doing} in ${path}: ${known.why}.`, known.remedy, { cause: error });
}

/** The `code` of a Node error ("ENOSPC", "ENOENT"), if it has one. */
export function errorCode(error: unknown): string | undefined {
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    return error.code;
  }
  return undefined;
}
