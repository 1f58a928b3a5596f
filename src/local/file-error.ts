import { errorCode } from "../error-text.js";
import { UserError } from "../user-error.js";

const FREE_SPACE = "Free some space there, then run the same command again.";
const MAKE_WRITABLE = "Make the folder writable for your user, then run the same command again.";

/** File system errors that a user can correct, by code. */
const FILE_ERRORS: Readonly<Record<string, { readonly reason: string; readonly hint: string }>> = {
  ENOSPC: { reason: "the disk is full", hint: FREE_SPACE },
  EDQUOT: { reason: "the disk quota is used up", hint: FREE_SPACE },
  EACCES: { reason: "permission is denied", hint: MAKE_WRITABLE },
  EPERM: { reason: "the operation is not permitted", hint: MAKE_WRITABLE },
  EROFS: { reason: "the file system is read-only", hint: "Use another folder (--state <folder>)." },
  EEXIST: {
    reason: "a file exists where a folder is needed",
    hint: "Move that file away, or use another folder (--state <folder>).",
  },
  EISDIR: {
    reason: "a folder exists where a file is needed",
    hint: "Move that folder away, or use another folder (--state <folder>).",
  },
  ENOTDIR: {
    reason: "a file exists where a folder is needed",
    hint: "Move that file away, or use another folder (--state <folder>).",
  },
};

/**
 * Turns a file system error into a {@link UserError} that names the path. Returns any other error unchanged.
 *
 * @param action the action that failed, for instance "write the synthesized stacks"
 */
export function explainFileError(error: unknown, action: string, path: string): unknown {
  const known = FILE_ERRORS[errorCode(error) ?? ""];
  if (known === undefined) return error;
  return new UserError(`Cannot ${action} in ${path}: ${known.reason}.`, { hint: known.hint, cause: error });
}
