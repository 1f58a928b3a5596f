import { pbkdf2Sync } from "node:crypto";
import { sql } from "drizzle-orm";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../src/config.js";
import { type Database, openDatabase } from "../src/database/database.js";
import { loadDjango, openSource } from "../src/import-export/import-django.js";
import { createDatabase } from "./databases.js";
import { makeNote, PASSWORD, startNotejam } from "./notejam.js";
import { needs } from "./required-tools.js";

const hash = `pbkdf2_sha256$12000$saltsaltsalt$${pbkdf2Sync(PASSWORD, "saltsaltsalt", 12_000, 32, "sha256").toString("base64")}`;

const TABLES = `
  create table auth_user (id serial primary key, password varchar(128) not null, last_login timestamptz not null default now(),
    is_superuser boolean not null default false, username varchar(30) not null unique, email varchar(75) not null,
    date_joined timestamptz not null default now());
  create table pads_pad (id serial primary key, name varchar(100) not null, user_id integer not null);
  create table notes_note (id serial primary key, pad_id integer, user_id integer not null, name varchar(100) not null,
    text text not null, created_at timestamptz not null, updated_at timestamptz not null)`;

describe("the former application's database", needs("a PostgreSQL server"), () => {
  let former: pg.Client;
  let url = "";
  let database: Database;
  beforeAll(async () => {
    url = await createDatabase("template0");
    former = new pg.Client({ connectionString: url });
    await former.connect();
    await former.query(TABLES);
    await former.query(
      "insert into auth_user (id, password, username, email) values (7, $1, 'Old@Example.com', 'Old@Example.com'), (9, '!', 'x', 'other@example.com')",
      [hash],
    );
    await former.query("insert into pads_pad values (3, 'Work', 7), (5, 'Foreign', 9)");
    await former.query(`insert into notes_note values
      (11, 3, 7, 'First', E'a\\r\\nb 😀 "quoted"', '2013-01-29 10:00:00.123456+00', '2013-02-02 23:30:00+00'),
      (12, null, 7, '  ', '', now(), now()), (13, 5, 7, 'In a foreign pad', 't', now(), now())`);
    database = await openDatabase(readConfig({ DATABASE_URL: await createDatabase() }).database, {
      onIdleError: () => {},
    });
  });
  afterAll(async () => {
    await former.end();
    await database.end();
  });

  async function load(dryRun = false): Promise<string[]> {
    const source = await openSource(url);
    try {
      return await loadDjango(database, source, dryRun);
    } finally {
      await source.close();
    }
  }

  it("is only counted when asked so", async () => {
    expect(await load(true)).toEqual(["users: 2 found", "pads: 2 found", "notes: 3 found"]);
  });

  it("is loaded with ids, dates and passwords, and may be loaded again", async () => {
    expect(await load()).toEqual([
      "users: 2 loaded, 0 already there",
      "pads: 2 loaded, 0 already there",
      "notes: 3 loaded, 0 already there",
    ]);
    expect(await load()).toEqual([
      "users: 0 loaded, 2 already there",
      "pads: 0 loaded, 2 already there",
      "notes: 0 loaded, 3 already there",
    ]);
    const notejam = await startNotejam(database);
    const person = notejam.visitor();
    expect((await person.signIn("old@example.com", PASSWORD)).location).toBe("/");
    expect((await person.get("/pads/3/")).title).toBe("Work (1)");
    const note = await person.get("/notes/11/");
    expect(note.content).toContain("a\nb 😀 &quot;quoted&quot;</div>");
    // Half past midnight in Berlin, where it was already the next day.
    expect(note.content).toContain('<time datetime="2013-02-02T23:30:00.000Z">03 Feb. 2013</time>');
    expect((await person.get("/notes/12/")).title).toBe("untitled");
    expect((await person.get("/")).content).toContain("No pad");
    expect(await makeNote(person, "new")).toBe(14);
    await notejam.app.close();
  });

  it("is rejected if two accounts have the same address, and nothing is loaded", async () => {
    await former.query(
      "insert into auth_user (id, password, username, email) values (20, '!', 'y', 'OTHER@example.com')",
    );
    await expect(load()).rejects.toThrow(/other@example\.com: users 9 and 20/);
    await former.query("delete from auth_user where id = 20");
  });

  it("is rejected if another user has the id, rather than assigning the notes to that user", async () => {
    const other = await openDatabase(readConfig({ DATABASE_URL: await createDatabase() }).database, {
      onIdleError: () => {},
    });
    await other.writes.execute(
      sql`insert into users (id, email, password_hash) values (7, 'new@example.com', 'x')`,
    );
    const source = await openSource(url);
    try {
      await expect(loadDjango(other, source, false)).rejects.toThrow(
        /ids of auth_user 7 are already in use/i,
      );
      expect((await other.reads.execute(sql`select id from notes`)).rows).toEqual([]);
    } finally {
      await source.close();
      await other.end();
    }
  });

  it.each([
    [
      "an account without an address",
      "insert into auth_user (id, password, username, email) values (30, '!', 'admin', '')",
      "delete from auth_user where id = 30",
      /auth_user 30 has no valid email address/,
    ],
    [
      "a note of more than 1 MB",
      "insert into notes_note values (40, null, 7, 'n', repeat('x', 1048577), now(), now())",
      "delete from notes_note where id = 40",
      /notes_note 40 has more than 1 MB/,
    ],
  ])("is refused with an explanation for %s, counting as well", async (_, add, remove, message) => {
    await former.query(add);
    await expect(load()).rejects.toThrow(message);
    await expect(load(true)).rejects.toThrow(message);
    await former.query(remove);
  });

  it("is explained when it cannot be opened", async () => {
    await expect(openSource("postgres://127.0.0.1:1/none")).rejects.toThrow(/cannot be opened/);
  });
});
