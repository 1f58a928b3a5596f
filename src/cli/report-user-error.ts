import { UserError } from "../user-error.js";

/**
 * Ends the program with one readable message. Only a fault of our own shows its stack: for a wrong value in an
 * environment, a refused resource or a full disk it would hide what the reader can do about it.
 *
 * @param isSynth whether it writes the Terraform configuration, whose folder can be another one
 */
export function reportUserError(error: unknown, { isSynth = false } = {}): void {
  process.exitCode = error instanceof UserError ? error.exitCode : 1;
  console.error(messageOf(error, isSynth));
}

/** Whether an error is a fault of the program itself, not of its input or of the machine. */
export function isFault(error: unknown): boolean {
  return !(error instanceof UserError || isSystemError(error));
}

function messageOf(error: unknown, isSynth: boolean): string {
  if (error instanceof UserError) return error.message;
  if (isSystemError(error)) return fileMessage(error, isSynth);
  if (error instanceof Error) return stackOf(error);
  return String(error);
}

/** A fault of our own, with the places in the TypeScript sources; the maps were left out for speed. */
function stackOf(error: Error): string {
  process.setSourceMapsEnabled(true);
  return error.stack ?? error.message;
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full. Make room",
  EACCES: "Give yourself the right to the path",
  EROFS: "The file system is read-only. Make it writable",
  EEXIST: "A file stands where a folder is needed. Remove it",
  ENOTDIR: "A file stands where a folder is needed. Remove it",
};

function fileMessage(error: NodeJS.ErrnoException, isSynth: boolean): string {
  const remedy = REMEDIES[error.code ?? ""] ?? "Look at the path";
  if (!isSynth) return `Cannot go on: ${error.message}\n${remedy}, and run it again.`;
  return `Cannot write the Terraform configuration: ${error.message}\n${remedy}, or set CDKTF_OUTDIR to another folder, and run it again.`;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && "syscall" in error;
}
