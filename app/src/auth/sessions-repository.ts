import { and, eq, gt, sql } from "drizzle-orm";
import type { Database } from "../database/database.js";
import { sessions, users } from "../database/schema.js";
import { tokenHash } from "./tokens.js";

/** Days without use after which a session ends. */
export const IDLE_DAYS = 14;
/** Days after which a session ends, used or not. */
export const MAX_SESSION_DAYS = 90;

/** A session. */
export interface Session {
  readonly userId: number;
  readonly email: string;
  readonly lastSeenAt: Date;
}

/** Stores sessions. */
export class SessionsRepository {
  readonly #database: Database;
  readonly #byToken;

  constructor(database: Database) {
    this.#database = database;
    this.#byToken = database.reads
      .select({ userId: users.id, email: users.email, lastSeenAt: sessions.lastSeenAt })
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
      .where(
        and(
          eq(sessions.tokenHash, sql.placeholder("hash")),
          gt(sessions.lastSeenAt, sql.raw(`now() - interval '${IDLE_DAYS} days'`)),
          gt(sessions.createdAt, sql.raw(`now() - interval '${MAX_SESSION_DAYS} days'`)),
        ),
      )
      .prepare("session_by_token");
  }

  /** Finds the session of a token, unless it has expired. */
  async find(token: string): Promise<Session | undefined> {
    const [session] = await this.#byToken.execute({ hash: tokenHash(token) });
    return session;
  }

  /** Starts a session and ends the browser's previous session, in one statement. */
  async start(userId: number, token: string, former: string | undefined): Promise<void> {
    await this.#database.writes.execute(sql`
      with ended as (delete from sessions where token_hash = ${former ? tokenHash(former) : ""})
      insert into sessions (token_hash, user_id) values (${tokenHash(token)}, ${userId})`);
  }

  /** Records that a session is in use. */
  async touch(token: string): Promise<void> {
    await this.#database.writes.execute(
      sql`update sessions set last_seen_at = now() where token_hash = ${tokenHash(token)}`,
    );
  }

  async end(token: string): Promise<void> {
    await this.#database.writes.delete(sessions).where(eq(sessions.tokenHash, tokenHash(token)));
  }

  /**
   * Sets a new password, ends all sessions and reset links of the user and starts a new session, in one statement.
   *
   * @param known the stored hash that the old password was verified against
   * @returns false if the password was changed in between; nothing happens then
   */
  async changePassword(userId: number, known: string, passwordHash: string, token: string): Promise<boolean> {
    const result = await this.#database.writes.execute(sql`
      with changed as (
        update users set password_hash = ${passwordHash}
        where id = ${userId} and password_hash = ${known} returning id
      ), ended as (
        delete from sessions where user_id in (select id from changed)
      ), revoked as (
        delete from password_resets where user_id in (select id from changed)
      )
      insert into sessions (token_hash, user_id) select ${tokenHash(token)}, id from changed returning user_id`);
    return result.rows.length === 1;
  }
}
