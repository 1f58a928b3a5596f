import { sql } from "drizzle-orm";
import { IDLE_DAYS, MAX_SESSION_DAYS } from "../auth/sessions-repository.js";
import type { Database } from "../database/database.js";

/** Years that notes and pads stay in the trash: a business requirement. */
const TRASH_YEARS = 3;
/** Number of rows deleted per statement, so that locks are held briefly. */
const BATCH = 1_000;

/** Numbers of deleted rows. */
export interface Purged {
  readonly notes: number;
  readonly pads: number;
  readonly sessions: number;
  readonly passwordResets: number;
  readonly rateLimits: number;
}

/** Deletes expired sessions, links and counters, and notes and pads that have been in the trash for three years. */
export async function purge(database: Database): Promise<Purged> {
  const old = `deleted_at < now() - interval '${TRASH_YEARS} years'`;
  const idle = `last_seen_at < now() - interval '${IDLE_DAYS} days' or created_at < now() - interval '${MAX_SESSION_DAYS} days'`;
  return {
    notes: await removeAll(database, "notes", "id", old),
    // A pad is deleted when none of its notes can be restored into it any more.
    pads: await removeAll(
      database,
      "pads",
      "id",
      `${old} and not exists (select 1 from notes where notes.user_id = pads.user_id and notes.pad_id = pads.id)`,
    ),
    sessions: await removeAll(database, "sessions", "token_hash", idle),
    passwordResets: await removeAll(database, "password_resets", "token_hash", "expires_at < now()"),
    rateLimits: await removeAll(database, "rate_limits", "key", "expires_at < now()"),
  };
}

async function removeAll(database: Database, table: string, key: string, condition: string): Promise<number> {
  let removed = 0;
  for (;;) {
    // The condition is repeated outside, so that a row restored while the statement waits for it is kept.
    const result = await database.writes.execute(
      sql.raw(
        `delete from ${table} where (${condition}) and ${key} in (select ${key} from ${table} where ${condition} limit ${BATCH}) returning 1`,
      ),
    );
    removed += result.rows.length;
    if (result.rows.length < BATCH) return removed;
  }
}
