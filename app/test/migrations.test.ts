import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { readConfig } from "../src/config.js";
import { type Database, openDatabase } from "../src/database/database.js";
import { migrate, readMigrations, schemaState } from "../src/database/migrator.js";
import { MIGRATIONS_FOLDER } from "../src/folders.js";
import { createDatabase } from "./databases.js";
import { needs } from "./required-tools.js";

function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(path.join(tmpdir(), "notejam-migrations-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return folder;
}

const open = async (url: string): Promise<Database> =>
  openDatabase(readConfig({ DATABASE_URL: url }).database, { onIdleError: () => {}, noTimeouts: true });

it("rejects migrations with gaps and bad names", () => {
  expect(() => readMigrations(folderOf({ "0002_late.sql": "" }))).toThrow(/expected 0001/);
  expect(() => readMigrations(folderOf({ "first.sql": "" }))).toThrow(/NNNN_what_it_does/);
});

describe("migrations", needs("a PostgreSQL server"), () => {
  it("are applied once when ten processes start at the same moment", async () => {
    const url = await createDatabase("template0");
    const databases = await Promise.all(Array.from({ length: 10 }, () => open(url)));
    const migrations = readMigrations(MIGRATIONS_FOLDER);
    const applied = await Promise.all(databases.map((database) => migrate(database, migrations)));
    expect(applied.flat()).toEqual(
      migrations.map(({ version, name }) => `${String(version).padStart(4, "0")}_${name}.sql`),
    );
    await Promise.all(databases.map((database) => database.end()));
  });

  it("roll back a file that fails, and continue there", async () => {
    const database = await open(await createDatabase("template0"));
    const good = { "0001_good.sql": "create table good (id int)" };
    const bad = readMigrations(
      folderOf({ ...good, "0002_bad.sql": "create table half (id int); select 1/0" }),
    );
    await expect(migrate(database, bad)).rejects.toThrow(
      /0002_bad\.sql could not be applied and was rolled back/,
    );
    const tables = await database.reads.execute(
      sql`select to_regclass('good') as good, to_regclass('half') as half`,
    );
    expect(tables.rows).toEqual([{ good: "good", half: null }]);
    expect(await schemaState(database, bad)).toEqual({ current: 1, expected: 2, pending: ["0002_bad.sql"] });
    const mended = readMigrations(folderOf({ ...good, "0002_mended.sql": "create table whole (id int)" }));
    expect(await migrate(database, mended)).toEqual(["0002_mended.sql"]);
    expect(await migrate(database, mended)).toEqual([]);
    const changed = readMigrations(folderOf({ "0001_good.sql": "create table other (id int)" }));
    await expect(migrate(database, changed)).rejects.toThrow(
      /0001_good\.sql was applied with different content/,
    );
    await database.end();
  });
});
