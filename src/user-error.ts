import { type Diagnostic, formatDiagnostics } from "./diagnostic.js";

/** Exit status of a command: 1 a check failed, 2 an error. */
export type FailureStatus = 1 | 2;

export interface UserErrorOptions {
  /** Advice: one sentence with its full stop. @default none: the summary or the diagnostics say it */
  readonly hint?: string | undefined;
  /** Exit status of the command. @default 2 */
  readonly exitCode?: FailureStatus;
  /** Results of the checks that failed, listed in the message. @default [] */
  readonly diagnostics?: readonly Diagnostic[];
  /** Error that led to this one; not part of the message. */
  readonly cause?: unknown;
}

/**
 * Error that the user of a command can correct: wrong input, a missing tool, a failed check. Commands print its message
 * without a stack trace. Any other error is a bug in this repository.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  /** The error and its reason: one sentence with its full stop. */
  readonly summary: string;
  readonly hint?: string | undefined;
  readonly exitCode: FailureStatus;
  readonly diagnostics: readonly Diagnostic[];

  /** @param summary what happened and why: one sentence with its full stop */
  constructor(summary: string, { hint, exitCode = 2, diagnostics = [], cause }: UserErrorOptions = {}) {
    super(messageOf(summary, hint, diagnostics), { cause });
    this.summary = summary;
    this.hint = hint;
    this.exitCode = exitCode;
    this.diagnostics = diagnostics;
  }
}

function messageOf(summary: string, hint: string | undefined, diagnostics: readonly Diagnostic[]): string {
  // A summary of several lines is the output of a program.
  const separator = summary.includes("\n") ? "\n\n" : " ";
  const text = hint === undefined ? summary : `${summary}${separator}${hint}`;
  return diagnostics.length === 0 ? text : `${text}\n\n${formatDiagnostics(diagnostics)}`;
}
