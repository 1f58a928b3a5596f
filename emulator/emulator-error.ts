/**
 * Category of an error: moto is not installed, the installed moto does not fit the extension, another program uses the
 * port, moto cannot be installed, or a running emulator failed.
 */
export type EmulatorErrorCode = "not-found" | "incompatible" | "port-taken" | "not-installable" | "failed";

export interface EmulatorErrorOptions {
  /** Next step for the user, as one sentence. @default none: the summary contains it */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Error of the emulator that its user can correct. The message is shown without a stack trace. */
export class EmulatorError extends Error {
  override readonly name = "EmulatorError";
  readonly code: EmulatorErrorCode;
  /** Event and its cause, as one sentence. */
  readonly summary: string;
  readonly hint: string | undefined;

  constructor(code: EmulatorErrorCode, summary: string, { hint, cause }: EmulatorErrorOptions = {}) {
    super(hint === undefined ? summary : `${summary} ${hint}`, { cause });
    this.code = code;
    this.summary = summary;
    this.hint = hint;
  }
}
