import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import type { Config, ServerConfig } from "../config.js";
import { codeOf, isConnectionLost } from "../database/errors.js";
import { explainTls } from "../database/tls-errors.js";
import { BackupError, reasonOf } from "./backup-error.js";

/** Connection timeout, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;
/** Timeout for closing a connection, in milliseconds. */
const CLOSE_TIMEOUT = 5_000;
/** Idle time before TCP keepalive probes, which detect a vanished server, in milliseconds. */
const KEEP_ALIVE_DELAY = 10_000;

/** Settings that determine the text format of values, so that checksums are the same on every server. */
const TEXT_SETTINGS = {
  TimeZone: "UTC",
  DateStyle: "ISO,YMD",
  IntervalStyle: "postgres",
  extra_float_digits: "1",
  bytea_output: "hex",
  client_min_messages: "warning",
} as const;

/** Returns the configured server. @throws {BackupError} for the embedded database, which pg_dump cannot reach */
export function serverOf(config: Config): ServerConfig {
  if (config.database.kind === "server") return config.database;
  throw new BackupError(
    `Backups require a PostgreSQL server, and DATABASE_URL is not set. To back up the embedded database, stop Notejam and copy the folder ${config.database.folder}.`,
    { exitStatus: 2 },
  );
}

/**
 * Opens a connection without time limits, for long operations.
 *
 * @throws {BackupError} if the connection fails; its cause is the error of PostgreSQL
 */
export async function openSession(server: ServerConfig, name: string): Promise<pg.Client> {
  const { host, port, user, database, password, tls } = server;
  const client = new pg.Client({
    host,
    port,
    user,
    database,
    password: password(),
    ssl: tls ? { rejectUnauthorized: true, ca: tls.ca } : false,
    application_name: `notejam ${name}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY,
  });
  // If the connection is lost between two statements, the next one reports it.
  client.on("error", () => {});
  try {
    await client.connect();
    for (const [setting, value] of Object.entries(TEXT_SETTINGS))
      await client.query(`set ${setting} = '${value}'`);
    await client.query(
      "set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0",
    );
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    const reason = reasonOf(explainTls(error, host));
    throw new BackupError(
      `The database ${database} at ${host}:${port} cannot be opened: ${reason}. ${adviceFor(error)}`,
      { cause: error },
    );
  }
}

/** Returns a hint for a failed connection. */
function adviceFor(error: unknown): string {
  // https://www.postgresql.org/docs/current/errcodes-appendix.html: class 28 is invalid authorization.
  if (codeOf(error).startsWith("28"))
    return "Check the user and the password: POSTGRES_USER and POSTGRES_PASS, or DATABASE_URL.";
  if (isConnectionLost(error))
    return "Check POSTGRES_URL or DATABASE_URL; run the command again when the server responds.";
  return "Check the database's variables: see app/README.md.";
}

/**
 * Commits. If the connection is lost during the commit, the error says that the result is unknown.
 *
 * @param look - hint on how to find out the result
 * @throws {BackupError} if no response arrived; the error of PostgreSQL if it rejected the commit
 */
export async function commit(session: pg.Client, look: string): Promise<void> {
  try {
    await session.query("commit");
  } catch (error) {
    if (!isConnectionLost(error)) throw error;
    throw new BackupError(
      `The connection was lost during the commit (${reasonOf(error)}). Either all changes were saved or none. ${look}`,
      { cause: error },
    );
  }
}

/** Closes a session, even if the server is gone or does not respond. */
export async function closeSession(session: pg.Client): Promise<void> {
  const patience = pause(CLOSE_TIMEOUT, undefined, { ref: false });
  await Promise.race([session.end().catch(() => {}), patience]);
}
