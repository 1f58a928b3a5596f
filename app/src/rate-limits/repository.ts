import { sql } from "drizzle-orm";
import { derived } from "../auth/tokens.js";
import type { Database } from "../database/database.js";

/** A counter with its limit: at most `most` attempts within `seconds`. */
export interface Limit {
  /** Counter name, such as `signin:address:192.0.2.1`. Only a hash of it is stored. */
  readonly key: string;
  readonly most: number;
  readonly seconds: number;
}

/** Counts attempts in the database, so that limits hold across all processes. */
export class RateLimitsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Counts one attempt for each limit.
   *
   * @returns seconds until the next attempt may succeed; 0 if this attempt is within all limits
   */
  async count(limits: readonly Limit[]): Promise<number> {
    const keyed = limits.map((limit) => ({ ...limit, hash: derived("rate limit", limit.key) }));
    // Always in the same order. Otherwise two requests could deadlock.
    keyed.sort((a, b) => (a.hash < b.hash ? -1 : 1));
    const rows = keyed.map(
      ({ hash, seconds }) => sql`(${hash}, 1, now() + make_interval(secs => ${seconds}))`,
    );
    const result = await this.#database.writes.execute<{ key: string; count: number; wait: number }>(sql`
      insert into rate_limits as known (key, count, expires_at) values ${sql.join(rows, sql`, `)}
      on conflict (key) do update set
        count = case when known.expires_at <= now() then 1 else known.count + 1 end,
        expires_at = case when known.expires_at <= now() then excluded.expires_at else known.expires_at end
      returning key, count, greatest(1, ceil(extract(epoch from expires_at - now())))::int as wait`);
    const counted = new Map(result.rows.map((row) => [row.key, row]));
    const waits = keyed.map(({ hash, most }) => {
      const row = counted.get(hash);
      return row && row.count > most ? row.wait : 0;
    });
    return Math.max(0, ...waits);
  }

  /** Resets a counter. */
  async clear(key: string): Promise<void> {
    await this.#database.writes.execute(
      sql`delete from rate_limits where key = ${derived("rate limit", key)}`,
    );
  }
}
