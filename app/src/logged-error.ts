import { codeOf } from "./database/errors.js";

/** Logged properties of an error. */
export type LoggedError = {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  /** Stack trace without the message. */
  readonly stack: string;
};

/**
 * Returns what may be logged of an error. Messages of PostgreSQL and the query builder are omitted, because they quote
 * users' texts.
 */
export function loggedError(error: unknown): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: "not an error", stack: "" };
  const code = codeOf(error);
  const quotes = "severity" in error || "query" in error;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    message: quotes ? "omitted" : error.message,
    ...(code ? { code } : {}),
    stack: frames.join("\n"),
  };
}
