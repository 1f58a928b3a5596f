import { CommanderError } from "commander";
import { oneLine } from "../error-text.js";
import { type FailureStatus, UserError } from "../user-error.js";

export interface ReportOptions {
  /** Prints the error. @default to standard error */
  readonly warn?: (text: string) => void;
  /** The command writes the Terraform configuration, whose folder can be changed. @default false */
  readonly isSynth?: boolean;
}

/**
 * Prints the error that ended a command. A user error is printed without a stack trace, which would hide the hint. A
 * bug in this repository is printed with one.
 *
 * @returns the exit status of the command
 */
export function reportUserError(error: unknown, options: ReportOptions = {}): 0 | FailureStatus {
  const { warn = (text) => void process.stderr.write(`${text}\n`), isSynth = false } = options;
  if (error instanceof CommanderError) return reportCommandLine(error, warn);
  warn(messageOf(error, isSynth));
  return error instanceof UserError ? error.exitCode : 2;
}

/** Returns whether an error is a bug in this repository, not an error of the user or of the machine. */
export function isFault(error: unknown): boolean {
  return !(error instanceof UserError || isSystemError(error));
}

/** Commander exits with 0 after it has printed the requested help. */
function reportCommandLine({ code, exitCode, message }: CommanderError, warn: (text: string) => void): 0 | 2 {
  if (exitCode === 0) return 0;
  // A command group without a command has printed its help.
  if (code !== "commander.help") warn(oneLine(message));
  return 2;
}

function messageOf(error: unknown, isSynth: boolean): string {
  if (error instanceof UserError) return error.message;
  if (isSystemError(error)) return fileMessage(error, isSynth);
  if (error instanceof Error) return stackOf(error);
  return String(error);
}

/** Stack trace with the places in the TypeScript sources; the maps were left out for speed. */
function stackOf(error: Error): string {
  process.setSourceMapsEnabled(true);
  return error.stack ?? error.message;
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full. Free some space",
  EACCES: "Permission is denied. Change the permissions of the path",
  EROFS: "The file system is read-only. Make it writable",
  EEXIST: "A file exists where a folder is needed. Remove it",
  ENOTDIR: "A file exists where a folder is needed. Remove it",
};

function fileMessage(error: NodeJS.ErrnoException, isSynth: boolean): string {
  const hint = HINTS[error.code ?? ""] ?? "Check the path";
  if (!isSynth) return `Cannot continue: ${error.message}\n${hint} and run the command again.`;
  return `Cannot write the Terraform configuration: ${error.message}\n${hint}, or set CDKTF_OUTDIR to another folder, and run the command again.`;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && "syscall" in error;
}
