import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { dumpKeyOf } from "../src/backup/backup-names.js";
import { type BackupContext, backup } from "../src/backup/commands/backup.js";
import { type RecoverOptions, recover } from "../src/backup/commands/recover.js";
import { type Migration, readMigrations } from "../src/database/migrator.js";
import { MIGRATIONS_FOLDER } from "../src/folders.js";
import { ask, BackupWorld } from "./backup-world.js";
import { oddNotes, people } from "./odd-notes.js";
import { needs } from "./required-tools.js";

const ADA = "ada@example.com";
const BOB = "bob@example.com";
const NOTES_EACH = 100;

const asked = (changes: Partial<RecoverOptions> = {}): RecoverOptions => ({
  user: ADA,
  dryRun: false,
  ...changes,
});

const notesOf = (owner: number) => `
  select notes.id, pads.name as pad, notes.name, text, notes.created_at, updated_at, notes.deleted_at, search
  from notes left join pads on pads.id = pad_id where notes.user_id = ${owner} order by notes.id`;
/** Everything that must not change: all rows of other users, and all other tables. */
const REST = `
  select 'notes' as what, id, name, text, updated_at::text as more from notes where user_id <> 1
  union all select 'pads', id, name, deleted_at::text, user_id::text from pads where user_id <> 1
  union all select 'users', id, email, password_hash, created_at::text from users
  union all select 'schemas', oid::int, nspname, '', '' from pg_namespace where nspname !~ '^pg_'
  union all select 'tables', oid::int, relname, relnamespace::text, '' from pg_class where relnamespace = 'public'::regnamespace
  order by 1, 2`;

describe("the notes of one user", needs("a PostgreSQL server", "pg_dump and pg_restore", "moto"), () => {
  let world: BackupWorld;
  let context: BackupContext;
  let bucket: string;
  let id: string;
  let before: unknown;
  let rest: unknown;
  const sql = (text: string) => ask(context.config, text);

  beforeAll(async () => {
    world = await BackupWorld.start();
  });
  afterAll(() => world?.stop());

  beforeEach(async () => {
    const environment = await world.environment();
    bucket = environment.BACKUP_BUCKET ?? "";
    context = world.context(environment);
    await sql(people(ADA, BOB));
    await sql(oddNotes(1, NOTES_EACH));
    await sql(oddNotes(2, NOTES_EACH));
    ({ id } = await backup(context));
    before = await sql(notesOf(1));
    rest = await sql(REST);
  });

  it("are restored if they were deleted, with their ids, pads and times, and nothing else changes", async () => {
    await sql("delete from notes where user_id = 1");
    await sql("delete from pads where user_id = 1 and name like 'Pad \"1\"%'");
    expect(await recover(context, asked())).toEqual({
      restored: NOTES_EACH,
      untrashed: 0,
      conflicting: 0,
      unchanged: 0,
      pads: 1,
    });
    const restored = await sql(notesOf(1));
    // Notes of the trash return without their pad, which may be deleted by now.
    const inNoPad = (notes: unknown) =>
      Array.isArray(notes) ? notes.map((note) => (note.deleted_at ? { ...note, pad: null } : note)) : [];
    expect(restored).toEqual(inNoPad(before));
    expect(await sql(REST)).toEqual(rest);
  });

  it("are not changed if they exist, even when repeated", async () => {
    expect(await recover(context, asked())).toEqual({
      restored: 0,
      untrashed: 0,
      conflicting: 0,
      unchanged: NOTES_EACH,
      pads: 0,
    });
    await sql("delete from notes where id in (1, 2)");
    expect(await recover(context, asked())).toMatchObject({ restored: 2, unchanged: NOTES_EACH - 2 });
    expect(await recover(context, asked())).toMatchObject({ restored: 0, unchanged: NOTES_EACH });
    expect(await sql(notesOf(1))).toEqual(before);
    expect(await sql(REST)).toEqual(rest);
  });

  it("leave the trash when they are the same, into their pad or one of its name", async () => {
    await sql("update notes set deleted_at = now() where id = 1");
    await sql("update pads set deleted_at = now() where id = 1");
    await sql(
      "update notes set deleted_at = now(), deleted_with_pad = true where pad_id = 1 and deleted_at is null",
    );
    const { untrashed, pads } = await recover(context, asked());
    expect(pads).toBe(1);
    expect(untrashed).toBeGreaterThan(10);
    const now = await sql(notesOf(1));
    const live = (notes: unknown) =>
      Array.isArray(notes) ? notes.filter((note) => note.deleted_at === null) : [];
    expect(live(now)).toEqual(live(before));
    expect(await sql("select count(*)::int as n from notes where deleted_with_pad")).toEqual([{ n: 0 }]);
    expect(await recover(context, asked())).toMatchObject({ untrashed: 0, pads: 0 });
  });

  it("are kept if they were changed, and the old versions are added to a separate pad", async () => {
    await sql("update notes set text = 'better now', updated_at = now() where id in (3, 4)");
    await sql("update notes set text = 'better, and in the trash', deleted_at = now() where id = 5");
    const changed = await sql("select * from notes where id in (3, 4, 5) order by id");
    expect(await recover(context, asked())).toEqual({
      restored: 0,
      untrashed: 0,
      conflicting: 3,
      unchanged: NOTES_EACH - 3,
      pads: 1,
    });
    expect(await sql("select * from notes where id in (3, 4, 5) order by id")).toEqual(changed);
    const conflicting = await sql(
      "select notes.text, pads.name from notes join pads on pads.id = pad_id where notes.id > 200 order by notes.id",
    );
    const was = Array.isArray(before) ? before.slice(2, 5) : [];
    expect(conflicting).toEqual(
      was.map(({ text }) => ({ text, name: expect.stringMatching(/^Recovered from \d{4}-\d\d-\d\d$/) })),
    );
    expect(await recover(context, asked())).toMatchObject({ conflicting: 0, unchanged: NOTES_EACH, pads: 0 });
    expect(await sql(REST)).toEqual(rest);
  });

  it("get new ids if other users have theirs, and new notes get free ids", async () => {
    await sql("delete from notes where id = 10");
    await sql("insert into notes (id, user_id, name, text) values (10, 2, 'of Bob', 'text')");
    await sql("select setval('notes_id_seq', 5)");
    expect(await recover(context, asked())).toMatchObject({ restored: 1 });
    expect(await sql("select user_id, text from notes where id = 10")).toEqual([
      { user_id: 2, text: "text" },
    ]);
    expect(await sql("select count(*)::int as n from notes where user_id = 1")).toEqual([{ n: NOTES_EACH }]);
    expect(await recover(context, asked())).toMatchObject({ restored: 0, unchanged: NOTES_EACH });
  });

  it("are assigned to the user who has that address now, ignoring case", async () => {
    await sql("delete from users where id = 1");
    await expect(recover(context, asked())).rejects.toThrow("There is no user with this email address");
    await sql(people("Ada@Example.com"));
    expect(await recover(context, asked({ user: " ADA@example.com" }))).toMatchObject({
      restored: NOTES_EACH,
      pads: 2,
    });
    expect(await sql("select count(*)::int as n from notes where user_id = 3")).toEqual([{ n: NOTES_EACH }]);
    expect(await recover(context, asked())).toMatchObject({ restored: 0, unchanged: NOTES_EACH });
  });

  it("come one by one, also what was in the trash", async () => {
    await sql("delete from notes where user_id = 1");
    await sql("delete from pads where user_id = 1");
    expect(await recover(context, asked({ note: "6" }))).toEqual({
      restored: 1,
      untrashed: 0,
      conflicting: 0,
      unchanged: 0,
      pads: 1,
    });
    const trashed = Array.isArray(before) ? before.find((note) => note.deleted_at !== null) : undefined;
    expect(await recover(context, asked({ note: String(trashed.id) }))).toMatchObject({ restored: 1 });
    expect(await sql(notesOf(1))).toMatchObject([
      { id: 6 },
      { id: trashed.id, text: trashed.text, deleted_at: null },
    ]);
    await expect(recover(context, asked({ note: "101" }))).rejects.toThrow(
      "The user has no note 101 in this backup",
    );
    await expect(recover(context, asked({ note: "6; drop" }))).rejects.toThrow("use the id of a note");
  });

  it("come from the backup that is named, and from one of an older schema version", async () => {
    await sql("delete from notes where user_id = 1");
    await backup(context);
    expect(await recover(context, asked())).toMatchObject({ restored: 0, unchanged: 0 });
    const later: Migration = {
      version: 2,
      name: "color",
      sql: "alter table notes add column color text not null default 'white'; update notes set color = 'black'",
      checksum: "2".repeat(64),
    };
    await sql(later.sql);
    await sql(
      `insert into schema_migrations (version, name, checksum) values (2, 'color', '${later.checksum}')`,
    );
    const migrations = [...readMigrations(MIGRATIONS_FOLDER), later];
    await expect(recover(context, asked({ from: id }))).rejects.toThrow(
      "The database has schema version 2; this program has 1",
    );
    expect(await recover({ ...context, migrations }, asked({ from: id }))).toMatchObject({
      restored: NOTES_EACH,
    });
    expect(await sql("select distinct color from notes where user_id = 1")).toEqual([{ color: "black" }]);
  });

  it("stay where they are when it is only asked what would be done, or the dump is damaged", async () => {
    await sql("delete from notes where user_id = 1");
    expect(await recover(context, asked({ dryRun: true }))).toMatchObject({ restored: NOTES_EACH });
    expect(world.said.join()).toMatch(/Dry run, nothing was changed/);
    expect(await sql(notesOf(1))).toEqual([]);
    expect(await sql(REST)).toEqual(rest);
    const dump = await world.store.read(bucket, dumpKeyOf(id));
    world.store.disturb = () => undefined;
    const manifestKey = dumpKeyOf(id).replace("notejam.dump", "manifest.json");
    const manifest = JSON.parse((await world.store.read(bucket, manifestKey)).toString());
    const { versionId: _, ...withoutVersion } = manifest.dump;
    await world.store.write(bucket, manifestKey, JSON.stringify({ ...manifest, dump: withoutVersion }));
    await world.store.write(bucket, dumpKeyOf(id), dump.subarray(0, dump.length - 100));
    await expect(recover(context, asked())).rejects.toThrow("is damaged");
    expect(await sql(notesOf(1))).toEqual([]);
    expect(await sql(REST)).toEqual(rest);
  });

  it("are not found if the address is in no backup", async () => {
    await expect(recover(context, asked({ user: "eve@example.com" }))).rejects.toThrow(
      "has no user with this email address",
    );
  });
});
