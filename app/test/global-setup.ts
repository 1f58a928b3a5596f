import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import type { TestProject } from "vitest/node";
import { readConfig } from "../src/config.js";
import { databaseOver, openDatabase } from "../src/database/database.js";
import { EmbeddedConnections } from "../src/database/embedded-connections.js";
import { migrate, readMigrations } from "../src/database/migrator.js";
import { MIGRATIONS_FOLDER } from "../src/folders.js";
import { findServer, PostgresServer } from "./postgres-server.js";

declare module "vitest" {
  interface ProvidedContext {
    /** URL of the server with the template database; empty if PostgreSQL is not installed. */
    postgresServer: string;
    /** Folder of the PostgreSQL programs; empty if PostgreSQL is not installed. */
    postgresPrograms: string;
    /** File with an embedded database that has the schema. */
    embeddedSnapshot: string;
  }
}

/** Creates both kinds of database once with the schema. Test files copy them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(tmpdir(), "notejam-test-"));
  const migrations = readMigrations(MIGRATIONS_FOLDER);

  const embedded = await PGlite.create();
  await migrate(databaseOver(new EmbeddedConnections(embedded)), migrations);
  const snapshot = path.join(folder, "embedded.tar");
  writeFileSync(snapshot, Buffer.from(await (await embedded.dumpDataDir("none")).arrayBuffer()));
  await embedded.close();
  project.provide("embeddedSnapshot", snapshot);

  // The programs may run as another user.
  chmodSync(folder, 0o755);
  const programs = findServer(folder);
  project.provide("postgresPrograms", programs ?? "");
  const server = programs === undefined ? undefined : await PostgresServer.start(programs);
  if (server) {
    await server.query("postgres", "create database template_notejam");
    const config = readConfig({ DATABASE_URL: server.url("template_notejam") });
    const database = await openDatabase(config.database, { onIdleError: () => {}, noTimeouts: true });
    await migrate(database, migrations);
    await database.end();
  }
  project.provide("postgresServer", server?.url("") ?? "");
  return async () => {
    await server?.remove();
    rmSync(folder, { recursive: true, force: true });
  };
}
