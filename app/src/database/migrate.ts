import type { Config } from "../config.js";
import { MIGRATIONS_FOLDER } from "../folders.js";
import { ensureApplicationLogin } from "./application-login.js";
import { openDatabase } from "./database.js";
import { migrate, readMigrations, type SchemaState, schemaState } from "./migrator.js";

const options = { onIdleError: () => {}, noTimeouts: true };

/**
 * Brings the database's schema up to date, after making the application's login where the master user's is given.
 *
 * @returns the files applied
 */
export async function migrateDatabase(config: Config): Promise<string[]> {
  const { database: server } = config;
  if (server.kind === "server" && server.admin) await ensureApplicationLogin(server, server.admin);
  const database = await openDatabase(config.database, options);
  try {
    return await migrate(database, readMigrations(MIGRATIONS_FOLDER));
  } finally {
    await database.end();
  }
}

/** Says what migrating would do. */
export async function checkDatabase(config: Config): Promise<SchemaState> {
  const database = await openDatabase(config.database, options);
  try {
    return await schemaState(database, readMigrations(MIGRATIONS_FOLDER));
  } finally {
    await database.end();
  }
}
