import { readFileSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { afterAll, beforeAll, describe, inject } from "vitest";
import { readConfig } from "../src/config.js";
import { type Database, databaseOver, openDatabase } from "../src/database/database.js";
import { EmbeddedConnections } from "../src/database/embedded-connections.js";
import { needs } from "./required-tools.js";

let made = 0;

async function openEmbedded(): Promise<Database> {
  const file = new Blob([readFileSync(inject("embeddedSnapshot"))]);
  return databaseOver(new EmbeddedConnections(await PGlite.create({ loadDataDir: file })));
}

/** Creates a database on the test server. @returns its URL */
export async function createDatabase(template = "template_notejam"): Promise<string> {
  made += 1;
  const name = `test_${process.pid}_${process.env.VITEST_POOL_ID ?? 0}_${made}_${Date.now()}`;
  const client = new pg.Client({ connectionString: `${inject("postgresServer")}postgres` });
  await client.connect();
  await client.query(`create database ${name} template ${template}`);
  await client.end();
  return `${inject("postgresServer")}${name}`;
}

async function openServer(): Promise<Database> {
  const { database } = readConfig({ DATABASE_URL: await createDatabase() });
  return openDatabase(database, { onIdleError: () => {} });
}

/**
 * Runs the same tests on a PostgreSQL server, if one is installed, and on the embedded PostgreSQL.
 *
 * @param tests gets a function that returns the database, to be called within tests
 */
export function onEachDatabase(title: string, tests: (database: () => Database) => void): void {
  const kinds = [
    { kind: "embedded PostgreSQL", open: openEmbedded, options: {} },
    { kind: "PostgreSQL server", open: openServer, options: needs("a PostgreSQL server") },
  ];
  for (const { kind, open, options } of kinds) {
    describe(`${title} (${kind})`, options, () => {
      let database: Database | undefined;
      beforeAll(async () => {
        database = await open();
      });
      afterAll(async () => {
        await database?.end();
      });
      tests(() => {
        if (!database) throw new Error("The database is only there within tests");
        return database;
      });
    });
  }
}
