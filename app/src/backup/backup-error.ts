/** Error of a backup, a restore or a restore test. The message has what happened, where, why and what to do. */
export class BackupError extends Error {
  override readonly name = "BackupError";
  /** 1: the operation failed. 2: invalid options or configuration. */
  readonly exitStatus: 1 | 2;

  constructor(message: string, { cause, exitStatus = 1 }: { cause?: unknown; exitStatus?: 1 | 2 } = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.exitStatus = exitStatus;
  }
}

/** Returns the message of an error in one line. */
export function reasonOf(error: unknown): string {
  // The error of a refused connection to a name with several addresses has an empty message.
  if (error instanceof AggregateError && error.message === "") return error.errors.map(reasonOf).join(", ");
  return error instanceof Error ? error.message : String(error);
}
