import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import type { Connection, Connections } from "./connections.js";
import { DatabaseUnavailable, isConnectionLost, isReadOnly, isSilent, isTooSlow } from "./errors.js";

/** Pause before the second attempt, in milliseconds. A restarting server is rarely back immediately. */
const RETRY_PAUSE = 150;

/**
 * Rule for retrying a statement:
 * - `reads`: any loss of the connection, once;
 * - `writes`: only when it certainly took no effect, once. A write is never applied twice.
 */
export type RetryRule = "reads" | "writes";

/**
 * Runs statements on pooled connections and retries them during a failover.
 *
 * The name ends in "Pool" because drizzle recognizes a pool by it.
 */
export class RetryingPool {
  readonly #connections: Connections;
  readonly #rule: RetryRule;

  constructor(connections: Connections, rule: RetryRule) {
    this.#connections = connections;
    this.#rule = rule;
  }

  /** Runs one statement. @throws {DatabaseUnavailable} if the database is unreachable, read-only or too busy */
  async query(config: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    try {
      return await this.#attempt(config, values);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || isTooSlow(error.cause)) throw error;
      if (this.#rule === "writes" && error.mayBeApplied) throw error;
    }
    await pause(RETRY_PAUSE);
    return this.#attempt(config, values);
  }

  /** Returns a connection for a transaction. The caller releases it. */
  async connect(): Promise<Connection> {
    try {
      return await this.#borrow();
    } catch {
      await pause(RETRY_PAUSE);
      return this.#borrow();
    }
  }

  async #borrow(): Promise<Connection> {
    try {
      return await this.#connections.connect();
    } catch (error) {
      throw new DatabaseUnavailable(error, false);
    }
  }

  async #attempt(config: string | pg.QueryConfig, values: unknown[] | undefined): Promise<pg.QueryResult> {
    const connection = await this.#borrow();
    let result: pg.QueryResult;
    try {
      result = await connection.query(config, values);
    } catch (error) {
      throw this.#explain(error, connection);
    }
    connection.release();
    return result;
  }

  /** Releases or closes the connection, and wraps the error. */
  #explain(error: unknown, connection: Connection): unknown {
    if (isReadOnly(error)) {
      connection.release(true);
      this.#connections.renew();
      return new DatabaseUnavailable(error, false);
    }
    const lost = isConnectionLost(error);
    connection.release(lost);
    // The other connections lead to the same server and would time out one by one.
    if (isSilent(error)) this.#connections.renew();
    if (lost) return new DatabaseUnavailable(error, true);
    return isTooSlow(error) ? new DatabaseUnavailable(error, false) : error;
  }
}
