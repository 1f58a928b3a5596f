import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { applyWithin, createMigrationsTable, fileNameOf, type Migration } from "../database/migrator.js";
import { BackupError } from "./backup-error.js";
import type { Manifest, TableContents } from "./backup-manifest.js";
import type { ScriptPart } from "./dump-script.js";
import { contentsOf, tablesOf } from "./table-contents.js";

const { escapeIdentifier, escapeLiteral } = pg;

/** Memory of the server for creating an index. */
const INDEX_MEMORY = "128MB";

/** An index or foreign key that is dropped while rows are loaded and then recreated. */
interface Deferred {
  readonly remove: string;
  readonly make: string;
}

/**
 * Restores a dump into a separate schema within a transaction. Migrations create the tables in the dump's schema
 * version, the rows are copied, and later migrations are applied. Other sessions see nothing until the commit, and an
 * error leaves nothing behind.
 */
export class StagedDump {
  readonly schema: string;
  readonly #session: pg.Client;
  readonly #migrations: readonly Migration[];
  readonly #version: number;
  #deferred: readonly Deferred[] = [];
  /** Tables and sequences created by the migrations. */
  #made: ReadonlySet<string> = new Set();

  private constructor(session: pg.Client, schema: string, migrations: readonly Migration[], version: number) {
    this.#session = session;
    this.schema = schema;
    this.#migrations = migrations;
    this.#version = version;
  }

  /**
   * Creates the empty tables in the dump's schema version.
   *
   * @param session - with an open transaction
   * @throws {BackupError} if the dump is newer than this program
   */
  static async prepare(
    session: pg.Client,
    { id, schemaVersion }: Manifest,
    migrations: readonly Migration[],
  ): Promise<StagedDump> {
    validateSchemaVersion(id, schemaVersion, migrations);
    const staged = new StagedDump(
      session,
      `restoring_${id.toLowerCase().replaceAll("-", "_")}`,
      migrations,
      schemaVersion,
    );
    await session.query(`create schema ${escapeIdentifier(staged.schema)}`);
    await session.query(`set local search_path = ${escapeIdentifier(staged.schema)}`);
    await createMigrationsTable(session);
    for (const migration of migrations.slice(0, schemaVersion)) await applyWithin(session, migration);
    // The dump contains the list of applied migrations.
    await session.query("delete from schema_migrations");
    await session.query(`set local maintenance_work_mem = '${INDEX_MEMORY}'`);
    staged.#made = await staged.#relations();
    await staged.#defer();
    return staged;
  }

  /**
   * Loads a part of the dump's script. Skips tables that no migration creates, such as manual copies.
   *
   * @returns false if it was skipped
   */
  async load(part: ScriptPart): Promise<boolean> {
    if (!this.#made.has(part.kind === "rows" ? part.table : part.sequence)) return false;
    if (part.kind === "sequence") {
      const name = `${escapeIdentifier(this.schema)}.${escapeIdentifier(part.sequence)}`;
      await this.#session.query(
        `select setval(${escapeLiteral(name)}::regclass, ${part.value}, ${part.called})`,
      );
      return true;
    }
    const columns = part.columns.map((column) => escapeIdentifier(column)).join(", ");
    const table = `${escapeIdentifier(this.schema)}.${escapeIdentifier(part.table)}`;
    await pipeline(
      part.rows,
      this.#session.query(copyFrom(`copy ${table} (${columns}) from stdin with (encoding 'UTF8')`)),
    );
    return true;
  }

  /**
   * Returns row counts and checksums of the loaded tables.
   *
   * @param without - tables that are dumped without rows
   */
  async contents(without: readonly string[]): Promise<Record<string, TableContents>> {
    const found: Record<string, TableContents> = {};
    for (const table of await tablesOf(this.#session, this.schema)) {
      if (!without.includes(table)) found[table] = await contentsOf(this.#session, this.schema, table);
    }
    return found;
  }

  async #relations(): Promise<Set<string>> {
    const result = await this.#session.query(
      "select relname from pg_class where relnamespace = $1::regnamespace",
      [escapeIdentifier(this.schema)],
    );
    return new Set(result.rows.map((row) => String(row.relname)));
  }

  /** Creates the indexes and foreign keys, and migrates the tables to this program's schema version. */
  async finish(): Promise<void> {
    for (const { make } of this.#deferred) await this.#session.query(make);
    for (const migration of this.#migrations.slice(this.#version))
      await applyWithin(this.#session, migration);
    await keepIdsApart(this.#session, this.schema);
    for (const table of await tablesOf(this.#session, this.schema)) {
      await this.#session.query(`analyze ${escapeIdentifier(this.schema)}.${escapeIdentifier(table)}`);
    }
  }

  /** Tables are loaded in alphabetical order, and an index is created faster from all rows than row by row. */
  async #defer(): Promise<void> {
    const result = await this.#session.query(
      `select 'alter table ' || conrelid::regclass || ' drop constraint ' || quote_ident(conname) as remove,
         'alter table ' || conrelid::regclass || ' add constraint ' || quote_ident(conname) || ' '
           || pg_get_constraintdef(oid) as make, 1 as turn
       from pg_constraint where connamespace = ${escapeLiteral(this.schema)}::regnamespace and contype = 'f'
       union all
       select 'drop index ' || indexrelid::regclass, pg_get_indexdef(indexrelid), 0
       from pg_index join pg_class on pg_class.oid = indexrelid
       where relnamespace = ${escapeLiteral(this.schema)}::regnamespace and not indisunique
       order by turn, make`,
    );
    this.#deferred = result.rows.map(({ remove, make }) => ({ remove: String(remove), make: String(make) }));
    for (const { remove } of this.#deferred) await this.#session.query(remove);
  }

  /**
   * Checks that the dump's tables were created by the same migrations. Only valid after all rows were loaded.
   *
   * @throws {BackupError} if they were not
   */
  async validateMigrations(): Promise<void> {
    const result = await this.#session.query(
      "select version, checksum from schema_migrations order by version",
    );
    const applied = result.rows.map(({ version, checksum }) => `${version} ${checksum}`);
    const ours = this.#migrations.slice(0, this.#version);
    const other = ours.find(({ version, checksum }, index) => applied[index] !== `${version} ${checksum}`);
    if (!other && applied.length === ours.length) return;
    throw new BackupError(
      `The backup was made with other migrations (${other ? fileNameOf(other) : "there are more"}). Restore it with the release that made it.`,
    );
  }
}

/** Advances sequences that are behind the ids of their table. Otherwise new rows would conflict. */
async function keepIdsApart(session: pg.Client, schema: string): Promise<void> {
  const result = await session.query(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as "table", quote_ident(column_name) as "column",
       pg_get_serial_sequence(quote_ident(table_schema) || '.' || quote_ident(table_name), column_name) as sequence
     from information_schema.columns where table_schema = $1 and is_identity = 'YES'`,
    [schema],
  );
  for (const { table, column, sequence } of result.rows) {
    await session.query(
      `select setval(${escapeLiteral(String(sequence))}::regclass, most)
       from ${sequence}, (select max(${column}) as most from ${table}) as rows where most > last_value`,
    );
  }
}

function validateSchemaVersion(id: string, version: number, migrations: readonly Migration[]): void {
  const ours = migrations.at(-1)?.version ?? 0;
  if (version <= ours) return;
  throw new BackupError(
    `The backup ${id} has schema version ${version}; this program knows versions up to ${ours}. Restore it with the release that made it or a newer one.`,
  );
}
