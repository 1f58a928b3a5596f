import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { sql } from "drizzle-orm";
import type { Connection } from "./connections.js";
import type { Database } from "./database.js";

/** A file of the folder `migrations`. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file: an applied file must never change. */
  readonly checksum: string;
}

/** The migrations cannot be applied. The message names the file and the reason. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

/** Schema version of the database and of this program. */
export interface SchemaState {
  /** Newest applied version; 0 for an empty database. */
  readonly current: number;
  /** Newest version of this program. */
  readonly expected: number;
  /** File names of pending migrations. */
  readonly pending: readonly string[];
}

const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.sql$/;
// An arbitrary number that no other lock of the database uses.
const ADVISORY_LOCK = 7_061_926_015;
/** Lock timeout of a migration, in milliseconds. Requests queue behind a waiting lock. */
const TABLE_LOCK_TIMEOUT = 10_000;

/** Reads the migrations of a folder in order. @throws {MigrationError} if there is a gap or an invalid file name */
export function readMigrations(folder: string): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .sort();
  return files.map((file, index) => {
    const [, version, name] = FILE_NAME.exec(file) ?? [];
    if (Number(version) !== index + 1 || !name) {
      throw new MigrationError(
        `${file}: migrations are named NNNN_what_it_does.sql and numbered without gaps; expected ${String(index + 1).padStart(4, "0")}.`,
      );
    }
    const text = readFileSync(path.join(folder, file), "utf8");
    return { version: index + 1, name, sql: text, checksum: createHash("sha256").update(text).digest("hex") };
  });
}

/** Reads the schema version of the database. */
export async function schemaState(
  database: Database,
  migrations: readonly Migration[],
): Promise<SchemaState> {
  const table = await database.reads.execute<{ present: boolean }>(
    sql`select to_regclass('schema_migrations') is not null as present`,
  );
  const current = table.rows[0]?.present ? await newestVersion(database) : 0;
  const pending = migrations.filter(({ version }) => version > current).map(fileNameOf);
  return { current, expected: migrations.at(-1)?.version ?? 0, pending };
}

async function newestVersion(database: Database): Promise<number> {
  const result = await database.reads.execute<{ version: number }>(
    sql`select coalesce(max(version), 0)::int as version from schema_migrations`,
  );
  return result.rows[0]?.version ?? 0;
}

/** File name of a migration. */
export function fileNameOf({ version, name }: Migration): string {
  return `${String(version).padStart(4, "0")}_${name}.sql`;
}

/**
 * Applies all pending migrations, each file in its own transaction. Many processes may start this at once: an advisory
 * lock admits one, and the others find the work done. The database must be opened with `noTimeouts`.
 *
 * @returns the names of the files applied by this call
 */
export function migrate(database: Database, migrations: readonly Migration[]): Promise<string[]> {
  return database.withConnection(async (connection) => {
    await connection.query(`select pg_advisory_lock(${ADVISORY_LOCK})`);
    try {
      await connection.query(`set lock_timeout = ${TABLE_LOCK_TIMEOUT}`);
      return await applyPending(connection, migrations);
    } finally {
      await connection.query(`select pg_advisory_unlock(${ADVISORY_LOCK})`);
      await connection.query("reset lock_timeout");
    }
  });
}

/** The part of a connection that is needed to apply a migration. */
type Statements = Pick<Connection, "query">;

/** Creates the table of applied migrations. */
export async function createMigrationsTable(connection: Statements): Promise<void> {
  await connection.query(
    `create table if not exists schema_migrations (
       version integer primary key, name text not null, checksum text not null,
       applied_at timestamptz not null default now()
     )`,
  );
}

async function applyPending(connection: Connection, migrations: readonly Migration[]): Promise<string[]> {
  await createMigrationsTable(connection);
  const result = await connection.query("select version, checksum from schema_migrations");
  const applied = new Map<unknown, unknown>(result.rows.map((row) => [row.version, row.checksum]));
  const done: string[] = [];
  for (const migration of migrations) {
    const checksum = applied.get(migration.version);
    if (checksum === undefined) done.push(await apply(connection, migration));
    else if (checksum !== migration.checksum) {
      throw new MigrationError(
        `${fileNameOf(migration)} was applied with different content. Restore the file and write a new migration.`,
      );
    }
  }
  return done;
}

/** Applies a migration within the caller's transaction, in the first schema of the search path. */
export async function applyWithin(connection: Statements, migration: Migration): Promise<void> {
  const { version, name, checksum } = migration;
  await connection.query(migration.sql);
  await connection.query("insert into schema_migrations (version, name, checksum) values ($1, $2, $3)", [
    version,
    name,
    checksum,
  ]);
}

async function apply(connection: Connection, migration: Migration): Promise<string> {
  await connection.query("begin");
  try {
    await applyWithin(connection, migration);
    await connection.query("commit");
  } catch (error) {
    await connection.query("rollback").catch(() => {});
    throw new MigrationError(
      `${fileNameOf(migration)} could not be applied and was rolled back: ${error instanceof Error ? error.message : error}`,
      { cause: error },
    );
  }
  return fileNameOf(migration);
}
