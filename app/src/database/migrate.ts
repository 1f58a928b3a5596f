import type { Config } from "../config.js";
import { MIGRATIONS_FOLDER } from "../folders.js";
import { ensureApplicationLogin } from "./application-login.js";
import { openDatabase } from "./database.js";
import { migrate, readMigrations, type SchemaState, schemaState } from "./migrator.js";

const options = { onIdleError: () => {}, noTimeouts: true };

/**
 * Migrates the schema. Creates the application's login first if the login of the master user is configured.
 *
 * @returns the names of the applied files
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

/** Returns the schema version and the pending migrations. */
export async function checkDatabase(config: Config): Promise<SchemaState> {
  const database = await openDatabase(config.database, options);
  try {
    return await schemaState(database, readMigrations(MIGRATIONS_FOLDER));
  } finally {
    await database.end();
  }
}
