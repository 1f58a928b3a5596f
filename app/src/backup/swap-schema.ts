import pg from "pg";
import { codeOf } from "../database/errors.js";
import { BackupError } from "./backup-error.js";
import type { Progress } from "./progress.js";
import { TABLES_WITHOUT_ROWS, tablesOf } from "./table-contents.js";

const { escapeIdentifier } = pg;

/** Lock timeout, in milliseconds. Later sessions queue behind a waiting lock, so it is short. */
const LOCK_TIMEOUT = 10_000;
/** Attempts to lock all tables: one hour, because a running backup holds locks until its end. */
const ATTEMPTS = 360;
const LOCK_ERRORS = new Set(["55P03", "40P01"]);

/** Tables that contain rows of users. */
export async function tablesWithRows(session: pg.Client, schema: string): Promise<string[]> {
  const filled: string[] = [];
  for (const table of await tablesOf(session, schema)) {
    if (table === "schema_migrations" || TABLES_WITHOUT_ROWS.includes(table)) continue;
    const name = `${escapeIdentifier(schema)}.${escapeIdentifier(table)}`;
    const result = await session.query(`select exists (select 1 from ${name}) as filled`);
    if (result.rows[0]?.filled) filled.push(table);
  }
  return filled;
}

/** Rejects a database with rows unless replacing them was confirmed. */
export function validateEmpty(filled: readonly string[], database: string, replace: boolean): void {
  if (filled.length === 0 || replace) return;
  throw new BackupError(
    `The database ${database} is not empty (${filled.join(", ")} have rows). Nothing was restored. Choose a new or empty database, or use both --replace and --yes-replace, which move the existing tables to another schema.`,
    { exitStatus: 2 },
  );
}

/**
 * Moves restored tables into the schema `public`, within the transaction that restored them. Existing tables with rows
 * are moved to a schema `replaced_…` and can be restored from there. Empty tables are dropped.
 *
 * @param from - schema of the restored tables
 * @param database - name of the database, for messages
 * @param keepAs - schema for existing tables with rows; undefined: they must not be replaced
 * @param progress - reports that it waits for locks
 * @returns the schema with the replaced tables, or undefined if there were none
 */
export async function swapSchema(
  session: pg.Client,
  from: string,
  database: string,
  keepAs: string | undefined,
  progress: Progress,
): Promise<string | undefined> {
  await session.query("set local search_path = pg_catalog");
  const present = await tablesOf(session, "public");
  await lockAll(session, present, progress);
  const filled = await tablesWithRows(session, "public");
  // A user may have signed up since the first check.
  validateEmpty(filled, database, keepAs !== undefined);
  const replaced = filled.length > 0 ? keepAs : undefined;
  if (replaced) {
    await session.query(`create schema ${escapeIdentifier(replaced)}`);
    await moveTables(session, present, "public", replaced);
  } else if (present.length > 0) {
    const names = present.map((table) => `public.${escapeIdentifier(table)}`).join(", ");
    await session.query(`drop table ${names}`);
  }
  await moveTables(session, await tablesOf(session, from), from, "public");
  // Fails, and rolls back, if a migration creates objects that do not move with their table.
  await session.query(`drop schema ${escapeIdentifier(from)}`);
  return replaced;
}

async function moveTables(
  session: pg.Client,
  tables: readonly string[],
  from: string,
  to: string,
): Promise<void> {
  for (const table of tables) {
    const name = `${escapeIdentifier(from)}.${escapeIdentifier(table)}`;
    await session.query(`alter table ${name} set schema ${escapeIdentifier(to)}`);
  }
}

/** Retries, because a short lock must not abort hours of work. */
async function lockAll(session: pg.Client, tables: readonly string[], progress: Progress): Promise<void> {
  if (tables.length === 0) return;
  const names = tables.map((table) => `public.${escapeIdentifier(table)}`).join(", ");
  await session.query(`set local lock_timeout = ${LOCK_TIMEOUT}`);
  for (let attempt = 1; ; attempt += 1) {
    await session.query("savepoint locking");
    try {
      await session.query(`lock table ${names} in access exclusive mode`);
      return;
    } catch (error) {
      if (!LOCK_ERRORS.has(codeOf(error)) || attempt === ATTEMPTS) throw error;
      await session.query("rollback to savepoint locking");
      if (attempt === 1) progress.step("Waiting for other sessions that use the tables");
    }
  }
}
