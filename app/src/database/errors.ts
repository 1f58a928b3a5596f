/**
 * The database is unreachable, read-only or too busy at the moment.
 * The request is answered with 503.
 */
export class DatabaseUnavailable extends Error {
  override readonly name = "DatabaseUnavailable";
  /** True if the statement may have taken effect although no response arrived. */
  readonly mayBeApplied: boolean;

  constructor(cause: unknown, mayBeApplied: boolean) {
    super(`The database is not available: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.mayBeApplied = mayBeApplied;
  }
}

const NETWORK_CODES = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOENT",
]);

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const SERVER_GONE = new Set(["57P01", "57P02", "57P03", "53300", "53400"]);
const READ_ONLY = "25006";
const TOO_SLOW = new Set(["57014", "55P03", "25P03"]);

// Errors of the driver without a code.
const DRIVER_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after)/;

/** The `code` of a PostgreSQL or network error, or an empty string. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Returns true if the connection is unusable: the server or the network is gone. */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error);
  if (NETWORK_CODES.has(code) || SERVER_GONE.has(code) || code.startsWith("08")) return true;
  return error instanceof Error && DRIVER_MESSAGES.test(error.message);
}

/** Returns true if the server did not respond at all: it is frozen, or gone without closing its connections. */
export function isSilent(error: unknown): boolean {
  return error instanceof Error && error.message === "Query read timeout";
}

/** Returns true if a write reached a read-only server: a former writer, during or after a failover. */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error) === READ_ONLY;
}

/** Returns true if one of our time limits ended the statement. The statement had no effect. */
export function isTooSlow(error: unknown): boolean {
  return TOO_SLOW.has(codeOf(error));
}

function* causes(error: unknown): Generator<unknown> {
  for (let each = error; each !== undefined; each = each instanceof Error ? each.cause : undefined)
    yield each;
}

/** Finds the unavailability in an error or its causes, because drizzle wraps errors of queries. */
export function unavailabilityIn(error: unknown): DatabaseUnavailable | undefined {
  for (const cause of causes(error)) if (cause instanceof DatabaseUnavailable) return cause;
  return undefined;
}

/** Returns true if the error, or one of its causes, is a violation of this unique index. */
export function violates(error: unknown, constraint: string): boolean {
  for (const cause of causes(error)) {
    if (codeOf(cause) !== "23505") continue;
    return cause instanceof Error && "constraint" in cause && cause.constraint === constraint;
  }
  return false;
}

/** Returns the innermost error, which does not contain the parameters of the statement. */
export function rootCause(error: unknown): unknown {
  let last = error;
  for (const cause of causes(error)) last = cause;
  return last;
}
