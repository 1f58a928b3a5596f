import pg from "pg";
import { z } from "zod";
import type { ServerConfig } from "../config.js";
import { BackupError } from "./backup-error.js";
import { type PostgresVersion, readVersion } from "./client-tools.js";
import { closeSession, openSession } from "./postgres-session.js";
import { TABLES_WITHOUT_ROWS, tablesOf } from "./table-contents.js";

/** A snapshot of the database, held open so that the dump and its checksums contain the same rows. */
export interface Snapshot {
  /** The session that holds the snapshot. */
  readonly session: pg.Client;
  /** Name with which other sessions can use the snapshot. */
  readonly name: string;
  readonly schemaVersion: number;
  readonly serverVersion: PostgresVersion;
  /** Tables that are dumped with rows. */
  readonly tables: readonly string[];
  /** Schemas that do not belong to the application. */
  readonly otherSchemas: readonly string[];
  /** Size of the database in bytes. The dump is smaller. */
  readonly databaseBytes: number;
  end(): Promise<void>;
}

/** Attempts to lock all tables, because a migration may change them between listing and locking. */
const ATTEMPTS = 3;

/** Takes a snapshot. @throws {BackupError} if the database does not have the schema of Notejam */
export async function takeSnapshot(server: ServerConfig): Promise<Snapshot> {
  const session = await openSession(server, "backup");
  try {
    for (let attempt = 1; ; attempt += 1) {
      const tables = await tablesOf(session, "public");
      if (!tables.includes("schema_migrations")) {
        throw new BackupError(
          `The database ${server.database} has no tables of Notejam. Run \`notejam migrate\` first, or check which database is configured.`,
        );
      }
      await session.query("begin isolation level repeatable read read only");
      // Before the snapshot: no migration may change the tables until the dump is complete.
      for (const table of tables) {
        await session.query(`lock table public.${pg.escapeIdentifier(table)} in access share mode`);
      }
      if (String(await tablesOf(session, "public")) === String(tables))
        return await exported(session, tables);
      await session.query("rollback");
      if (attempt === ATTEMPTS)
        throw new BackupError("The tables were changed during the backup. Run the command again.");
    }
  } catch (error) {
    await closeSession(session);
    throw error;
  }
}

async function exported(session: pg.Client, tables: readonly string[]): Promise<Snapshot> {
  const result = await session.query(
    `select pg_export_snapshot() as name, current_setting('server_version') as server,
       (select coalesce(max(version), 0) from public.schema_migrations) as schema,
       pg_database_size(current_database()) as bytes,
       (select coalesce(json_agg(nspname), '[]') from pg_namespace
         where nspname not in ('public', 'information_schema') and nspname !~ '^pg_') as others`,
  );
  const { name, server, schema, bytes, others } = result.rows[0];
  return {
    session,
    name: String(name),
    schemaVersion: Number(schema),
    serverVersion: readVersion(String(server)),
    tables: tables.filter((table) => !TABLES_WITHOUT_ROWS.includes(table)),
    otherSchemas: z.array(z.string()).parse(others),
    databaseBytes: Number(bytes),
    end: () => closeSession(session),
  };
}
