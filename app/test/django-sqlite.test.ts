import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../src/config.js";
import { type Database, openDatabase } from "../src/database/database.js";
import { loadDjango, openSource } from "../src/import-export/import-django.js";
import { createDatabase } from "./databases.js";
import { needs } from "./required-tools.js";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const knowsSqlite = major > 22 || (major === 22 && minor >= 13);

describe("a former database in SQLite", () => {
  let folder: string;
  let file: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "notejam-sqlite-"));
    file = path.join(folder, "no-database.db");
    writeFileSync(file, "this is text");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  // The end-to-end test of the image, which has Node 24, loads an SQLite file.
  it.skipIf(knowsSqlite)("is rejected by a version of Node without SQLite, with a hint", async () => {
    await expect(openSource(file)).rejects.toThrow(
      "SQLite files require Node 22.13 or newer. Use the container image, which has it.",
    );
  });

  it.runIf(knowsSqlite)("is rejected if it is not a database", async () => {
    const reading = openSource(file).then((source) => source.rows("auth_user", ["id"], 0));
    await expect(reading).rejects.toThrow(/not a database/);
  });
});

describe("a database that is not the former application's", needs("a PostgreSQL server"), () => {
  let database: Database;
  let url: string;
  beforeAll(async () => {
    url = await createDatabase("template0");
    database = await openDatabase(readConfig({ DATABASE_URL: await createDatabase() }).database, {
      onIdleError: () => {},
    });
  });
  afterAll(() => database.end());

  it("is rejected with the name of the missing table, and nothing is loaded", async () => {
    const source = await openSource(url);
    await expect(loadDjango(database, source, false)).rejects.toThrow(
      /The former database's table auth_user cannot be read: relation "auth_user" does not exist/,
    );
    await source.close();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(
      "create table auth_user (id serial, email text, password text, date_joined timestamptz)",
    );
    await client.end();
    const half = await openSource(url);
    await expect(loadDjango(database, half, false)).rejects.toThrow(/table pads_pad cannot be read/);
    await half.close();
  });
});
