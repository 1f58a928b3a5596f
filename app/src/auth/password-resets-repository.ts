import { sql } from "drizzle-orm";
import type { Database } from "../database/database.js";
import { tokenHash } from "./tokens.js";

/** How long a mailed link can be used, in minutes. */
export const RESET_MINUTES = 60;

/** Stores the links mailed to people who forgot their password. */
export class PasswordResetsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Makes a link usable for an hour. */
  async add(userId: number, token: string): Promise<void> {
    await this.#database.writes.execute(sql`
      insert into password_resets (token_hash, user_id, expires_at)
      values (${tokenHash(token)}, ${userId}, now() + make_interval(mins => ${RESET_MINUTES}))`);
  }

  /** Whether the link can still be used. */
  async isUsable(token: string): Promise<boolean> {
    const result = await this.#database.reads.execute(
      sql`select 1 from password_resets where token_hash = ${tokenHash(token)} and expires_at > now()`,
    );
    return result.rows.length === 1;
  }

  /**
   * Sets a new password by a link, which is then used up with all others of that person; every session ends.
   *
   * @returns false when the link is unknown, too old or used
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
