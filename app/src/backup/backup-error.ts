/** A backup, a restore or a restore test that could not be done; the message says what, where, why and what to do. */
export class BackupError extends Error {
  override readonly name = "BackupError";
  /** 1: it was tried and failed. 2: it was asked for or configured in a way that cannot work. */
  readonly exitStatus: 1 | 2;

  constructor(message: string, { cause, exitStatus = 1 }: { cause?: unknown; exitStatus?: 1 | 2 } = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.exitStatus = exitStatus;
  }
}

/** What an error says, in one line. */
export function reasonOf(error: unknown): string {
  // A refused connection to a name with several addresses has no message of its own.
  if (error instanceof AggregateError && error.message === "") return error.errors.map(reasonOf).join(", ");
  return error instanceof Error ? error.message : String(error);
}
