import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import type pg from "pg";
import type { DatabaseConfig } from "../config.js";
import type { Connection, ConnectionCounts, Connections } from "./connections.js";
import { DatabaseUnavailable, isConnectionLost, isReadOnly, isTooSlow } from "./errors.js";
import { RetryingPool } from "./retrying-pool.js";
import * as schema from "./schema.js";
import { ServerConnections } from "./server-connections.js";

/** Typed queries over Notejam's tables. */
export type Queries = NodePgDatabase<typeof schema>;

/** The database of the application. */
export interface Database {
  /** For statements that only read. Retried once if the connection is lost. */
  readonly reads: Queries;
  /** For statements that write. Never applied twice. */
  readonly writes: Queries;
  /** Runs statements in one transaction. Never applied twice. */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /** Runs statements in one session. */
  withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  counts(): ConnectionCounts;
  end(): Promise<void>;
}

/** drizzle expects the driver's pool type but only calls `query`, and `connect` for transactions. */
function queriesOver(client: Pick<Connection, "query">): Queries {
  return drizzle(client as unknown as pg.Pool, { schema });
}

/** Builds the database over a source of connections. */
export function databaseOver(connections: Connections): Database {
  const writes = new RetryingPool(connections, "writes");
  async function withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await writes.connect();
    let broken = true;
    try {
      const result = await work(connection);
      broken = false;
      return result;
    } finally {
      connection.release(broken);
    }
  }
  return {
    reads: queriesOver(new RetryingPool(connections, "reads")),
    writes: queriesOver(writes),
    withConnection,
    transaction: (work) => withConnection((connection) => inTransaction(connection, work)),
    counts: () => connections.counts(),
    end: () => connections.end(),
  };
}

async function inTransaction<T>(connection: Connection, work: (queries: Queries) => Promise<T>): Promise<T> {
  let committing = false;
  try {
    await connection.query("begin");
    const result = await work(queriesOver(connection));
    committing = true;
    await connection.query("commit");
    return result;
  } catch (error) {
    const cause = error instanceof Error && error.cause ? error.cause : error;
    // After the connection is lost the server rolls back, and a rollback would get no response.
    if (!isConnectionLost(cause)) await connection.query("rollback").catch(() => {});
    if (isConnectionLost(cause) || isReadOnly(cause)) throw new DatabaseUnavailable(cause, committing);
    if (isTooSlow(cause)) throw new DatabaseUnavailable(cause, false);
    throw error;
  }
}

/** Options for opening a database. */
export interface OpenOptions {
  /** Called when an idle connection breaks. */
  readonly onIdleError: (error: Error) => void;
  /** Disables all statement timeouts. @default false */
  readonly noTimeouts?: boolean;
}

/** Opens the configured database. */
export async function openDatabase(config: DatabaseConfig, options: OpenOptions): Promise<Database> {
  if (config.kind === "server") {
    return databaseOver(new ServerConnections(config, options.onIdleError, options.noTimeouts ?? false));
  }
  // Loaded on demand, because it takes half a second and 300 MB.
  const { EmbeddedConnections } = await import("./embedded-connections.js");
  return databaseOver(await EmbeddedConnections.open(config.folder));
}
