import { sql } from "drizzle-orm";
import type { Database } from "../database/database.js";
import { tokenHash } from "./tokens.js";

/** Lifetime of a mailed link, in minutes. */
export const RESET_MINUTES = 60;

/** Stores the links mailed to users who forgot their password. */
export class PasswordResetsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Stores a link. */
  async add(userId: number, token: string): Promise<void> {
    await this.#database.writes.execute(sql`
      insert into password_resets (token_hash, user_id, expires_at)
      values (${tokenHash(token)}, ${userId}, now() + make_interval(mins => ${RESET_MINUTES}))`);
  }

  /** Returns true if the link can still be used. */
  async isUsable(token: string): Promise<boolean> {
    const result = await this.#database.reads.execute(
      sql`select 1 from password_resets where token_hash = ${tokenHash(token)} and expires_at > now()`,
    );
    return result.rows.length === 1;
  }

  /**
   * Sets a new password with a link. All links and sessions of the user end.
   *
   * @returns false if the link is unknown, expired or used
   */
  async use(token: string, passwordHash: string): Promise<boolean> {
    const result = await this.#database.writes.execute(sql`
      with used as (
        delete from password_resets where token_hash = ${tokenHash(token)} and expires_at > now() returning user_id
      ), others as (
        delete from password_resets where user_id in (select user_id from used) and token_hash <> ${tokenHash(token)}
      ), ended as (
        delete from sessions where user_id in (select user_id from used)
      )
      update users set password_hash = ${passwordHash} where id in (select user_id from used) returning id`);
    return result.rows.length === 1;
  }
}
