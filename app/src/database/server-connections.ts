import pg from "pg";
import type { DatabaseConfig } from "../config.js";
import type { Connection, ConnectionCounts, Connections } from "./connections.js";
import { explainTls } from "./tls-errors.js";

/** Statement timeout on the server, in milliseconds. The slowest statement of Notejam takes 250 ms. */
const STATEMENT_TIMEOUT = 5_000;
/**
 * Timeout of the client, in milliseconds. A server that exceeds it did not apply its own timeout: it is frozen or gone.
 */
const SILENCE_TIMEOUT = STATEMENT_TIMEOUT + 1_000;
/** Connection timeout, in milliseconds. */
const CONNECT_TIMEOUT = 3_000;
/** Maximum age of a connection, in seconds, so that load follows a changed host name. */
const CONNECTION_AGE = 30 * 60;
/** Minimum interval between two renewals, in milliseconds, because several requests fail at once. */
const MIN_RENEW_INTERVAL = 1_000;

const TIME_LIMITS = {
  statement_timeout: STATEMENT_TIMEOUT,
  lock_timeout: STATEMENT_TIMEOUT / 2,
  idle_in_transaction_session_timeout: STATEMENT_TIMEOUT,
  query_timeout: SILENCE_TIMEOUT,
};

type ServerConfig = Extract<DatabaseConfig, { kind: "server" }>;

/** Connections to a PostgreSQL server. */
export class ServerConnections implements Connections {
  readonly #config: ServerConfig;
  readonly #onIdleError: (error: Error) => void;
  readonly #noTimeouts: boolean;
  #pool: pg.Pool;
  #renewedAt = 0;

  /**
   * @param onIdleError called when an idle connection breaks
   * @param noTimeouts disables all statement timeouts: for commands outside requests
   */
  constructor(config: ServerConfig, onIdleError: (error: Error) => void, noTimeouts: boolean) {
    this.#config = config;
    this.#noTimeouts = noTimeouts;
    this.#onIdleError = onIdleError;
    this.#pool = this.#open();
  }

  #open(): pg.Pool {
    const { host, port, user, database, password, tls, poolSize } = this.#config;
    const pool = new pg.Pool({
      host,
      port,
      user,
      database,
      password,
      ssl: tls ? { rejectUnauthorized: true, ca: tls.ca } : false,
      max: poolSize,
      application_name: "notejam",
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      idleTimeoutMillis: 60_000,
      maxLifetimeSeconds: CONNECTION_AGE,
      keepAlive: true,
      ...(this.#noTimeouts ? {} : TIME_LIMITS),
      options: "-c client_min_messages=warning -c timezone=UTC",
    });
    pool.on("error", this.#onIdleError);
    // The pool listens for errors only on idle connections. Without this listener, a connection that breaks between two
    // statements would end the process. The next statement reports the loss.
    pool.on("connect", (client) => client.on("error", () => {}));
    return pool;
  }

  async connect(): Promise<Connection> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw explainTls(error, this.#config.host);
    }
  }

  renew(): void {
    const now = Date.now();
    if (now - this.#renewedAt < MIN_RENEW_INTERVAL) return;
    this.#renewedAt = now;
    const old = this.#pool;
    this.#pool = this.#open();
    old.end().catch(this.#onIdleError);
  }

  counts(): ConnectionCounts {
    return { open: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount };
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }
}
