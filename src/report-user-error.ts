import { ConfigurationError } from "./config/problem.js";
import { PolicyError } from "./policy/refusal.js";

/**
 * Ends the program with one readable message. Only a fault of our own shows its stack: for a wrong value in an
 * environment, a refused resource or a full disk it would hide what the reader can do about it.
 */
export function reportUserError(error: unknown): void {
  process.exitCode = 1;
  console.error(messageOf(error));
}

function messageOf(error: unknown): string {
  if (error instanceof ConfigurationError || error instanceof PolicyError) return error.message;
  if (isSystemError(error)) return fileMessage(error);
  if (error instanceof Error) return stackOf(error);
  return String(error);
}

/** A fault of our own, with the places in the TypeScript sources; the maps were left out for speed. */
function stackOf(error: Error): string {
  process.setSourceMapsEnabled(true);
  return error.stack ?? error.message;
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full. Make room, or set CDKTF_OUTDIR to a folder on another disk, and run it again.",
  EACCES: "Give yourself the right to write there, or set CDKTF_OUTDIR to another folder.",
  EROFS: "The file system is read-only. Set CDKTF_OUTDIR to a folder that can be written.",
  EEXIST: "A file stands where a folder is needed. Remove it, or set CDKTF_OUTDIR to another folder.",
  ENOTDIR: "A file stands where a folder is needed. Remove it, or set CDKTF_OUTDIR to another folder.",
};

function fileMessage(error: NodeJS.ErrnoException): string {
  const remedy = REMEDIES[error.code ?? ""] ?? "Look at the path and run it again.";
  return `Cannot write the Terraform configuration: ${error.message}\n${remedy}`;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && "syscall" in error;
}
