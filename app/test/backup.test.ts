import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Manifest } from "../src/backup/backup-manifest.js";
import { dumpKeyOf, manifestKeyOf } from "../src/backup/backup-names.js";
import { type BackupContext, backup } from "../src/backup/commands/backup.js";
import { backups } from "../src/backup/commands/list-backups.js";
import { type RestoreOptions, restore } from "../src/backup/commands/restore.js";
import { restoreTest } from "../src/backup/commands/restore-test.js";
import { closeSession, openSession } from "../src/backup/postgres-session.js";
import { TABLES_WITHOUT_ROWS } from "../src/backup/table-contents.js";
import { readConfig } from "../src/config.js";
import { migrateDatabase } from "../src/database/migrate.js";
import { type Migration, readMigrations } from "../src/database/migrator.js";
import { MIGRATIONS_FOLDER } from "../src/folders.js";
import { ask, BackupWorld } from "./backup-world.js";
import { writeExecutable } from "./executable.js";
import { oddNotes, people } from "./odd-notes.js";
import { needs } from "./required-tools.js";

const into = (database: string, changes: Partial<RestoreOptions> = {}): RestoreOptions => ({
  into: database,
  replace: false,
  yesReplace: false,
  ...changes,
});

/** All rows of users, in a fixed order. */
const CONTENT = `
  select md5(string_agg(row, ',' order by row collate "C")) as sum, count(*)::int as rows from (
    select users::text as row from users union all select pads::text from pads
  ) as rows`;
const NOTES = `select id, user_id, pad_id, name, text, created_at, updated_at, deleted_at, deleted_with_pad, search
  from notes order by id`;

/** A statement that adds about 1 MB per user to a dump, with content that compresses badly. */
const megabytes = (people: number): string => `
  insert into users (email, password_hash)
  select n || '@example.com', string_agg(encode(sha512(random()::text::bytea), 'hex'), '')
  from generate_series(1, ${people}) as n, generate_series(1, 12500) group by n`;

describe("backups", needs("a PostgreSQL server", "pg_dump and pg_restore", "moto"), () => {
  let world: BackupWorld;
  beforeAll(async () => {
    world = await BackupWorld.start();
  });
  afterAll(() => world?.stop());

  /** A database with two users and their notes, and a context to run commands in. */
  async function start(changes: Record<string, string> = {}): Promise<BackupContext & { bucket: string }> {
    const environment = await world.environment();
    const context = world.context({ ...environment, ...changes });
    await ask(context.config, people("ada@example.com", "bob@example.com"));
    await ask(context.config, oddNotes(1, 500));
    await ask(context.config, oddNotes(2, 300));
    return { ...context, bucket: environment.BACKUP_BUCKET ?? "" };
  }

  const inDatabase = ({ config }: BackupContext, database: string) => {
    if (config.database.kind !== "server") throw new Error("no server");
    return { ...config, database: { ...config.database, database } };
  };

  async function damage(
    context: BackupContext & { bucket: string },
    id: string,
    change: (dump: Buffer) => Buffer,
  ) {
    const dump = await world.store.read(context.bucket, dumpKeyOf(id));
    await world.store.write(context.bucket, dumpKeyOf(id), change(dump));
    // Replaces the dump before it is read, as if the damaged one had been stored.
    const manifest: Manifest = JSON.parse(
      (await world.store.read(context.bucket, manifestKeyOf(id))).toString(),
    );
    const { versionId: _, ...rest } = manifest.dump;
    await world.store.write(context.bucket, manifestKeyOf(id), JSON.stringify({ ...manifest, dump: rest }));
  }

  it("restore every note as it was, and are listed as verified after a restore test", async () => {
    const context = await start();
    const { id, tables, dump } = await backup(context);
    expect(tables.notes?.rows).toBe(800);
    expect(Object.keys(tables).sort()).toEqual(["notes", "pads", "schema_migrations", "users"]);
    expect(world.said[0]).toContain(id);
    expect(await world.list(context)).toMatchObject([
      { id, complete: true, verifiedAt: null, bytes: dump.bytes },
    ]);

    expect(await restore(context, into(`copy_${context.bucket.replaceAll("-", "_")}`))).toMatchObject({
      id,
      rows: 807,
      replaced: undefined,
    });
    const copy = inDatabase(context, `copy_${context.bucket.replaceAll("-", "_")}`);
    expect(await ask(copy, CONTENT)).toEqual(await ask(context.config, CONTENT));
    expect(await ask(copy, NOTES)).toEqual(await ask(context.config, NOTES));

    await restoreTest(context);
    expect(await world.list(context)).toMatchObject([{ id, complete: true, verifiedAt: expect.any(String) }]);
    const lines: string[] = [];
    await backups({ config: context.config, say: (line) => lines.push(line) }, { json: false });
    expect(lines.join("\n")).toMatch(new RegExp(`^${id}  \\d+ s old  [\\d.]+ kB  verified \\d{4}-`));
  });

  it("leave tables as the migrations make them, ready for new rows", async () => {
    const context = await start();
    await backup(context);
    await restore(context, into("as_new"));
    const copy = inDatabase(context, "as_new");
    const definitions = `
      select 'index ' || indexdef as line from pg_indexes where schemaname = 'public'
      union select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
        where connamespace = 'public'::regnamespace
      union select table_name || '.' || column_name || ' ' || data_type || ' ' || coalesce(column_default, '')
        || is_nullable || is_generated || coalesce(identity_generation, '') from information_schema.columns where table_schema = 'public'
      union select relname || ' ' || relpersistence::text from pg_class where relnamespace = 'public'::regnamespace
      union select 'schema ' || nspname from pg_namespace where nspname !~ '^pg_'
      order by 1`;
    expect(await ask(copy, definitions)).toEqual(await ask(context.config, definitions));
    const [added] = await ask(
      copy,
      "insert into notes (user_id, name, text) values (1, 'new', 'new') returning id",
    );
    expect(added).toEqual({ id: 801 });
  });

  it("contain the rows of every table except sessions, reset links and rate limits", async () => {
    const context = await start();
    await ask(context.config, "insert into sessions (token_hash, user_id) values ('hash', 1)");
    const { tables, withoutRows } = await backup(context);
    const all = await ask(context.config, "select tablename from pg_tables where schemaname = 'public'");
    expect([...Object.keys(tables), ...withoutRows].sort()).toEqual(all.map((row) => row.tablename).sort());
    expect(withoutRows).toEqual(TABLES_WITHOUT_ROWS);
    await restore(context, into("signed_out"));
    expect(await ask(inDatabase(context, "signed_out"), "select * from sessions")).toEqual([]);
  });

  it("have a dump and checksums of the same snapshot while users write", async () => {
    const context = await start();
    let writing = true;
    const writer = (async () => {
      while (writing) {
        await ask(
          context.config,
          "insert into notes (user_id, name, text) select 1, 'busy', repeat('x', 500) from generate_series(1, 20)",
        );
        await ask(
          context.config,
          "delete from notes where id in (select id from notes order by random() limit 15)",
        );
      }
    })();
    for (let turn = 0; turn < 3; turn += 1) {
      await backup(context);
      await restoreTest(context);
    }
    writing = false;
    await writer;
  });

  it("sum up content, not the order in which it is stored", async () => {
    const context = await start();
    const first = await backup(context);
    await ask(context.config, "update notes set name = name where id % 2 = 0");
    const second = await backup(context);
    expect(second.tables).toEqual(first.tables);
    await ask(context.config, "update notes set text = text || ' ' where id = 7");
    const third = await backup(context);
    expect(third.tables.notes?.rows).toBe(800);
    expect(third.tables.notes?.sha256).not.toBe(first.tables.notes?.sha256);
    expect(third.tables.users).toEqual(first.tables.users);
  });

  it("are in the order in which they were taken, also within a second", async () => {
    const context = await start();
    const ids: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) ids.push((await backup(context)).id);
    expect((await world.list(context)).map(({ id }) => id)).toEqual(ids.reverse());
  });

  it("may be taken concurrently", async () => {
    const context = await start();
    const [first, second] = await Promise.all([backup(context), backup(context)]);
    expect((await world.list(context)).map(({ id, complete }) => [id, complete])).toEqual(
      [first.id, second.id]
        .sort()
        .reverse()
        .map((id) => [id, true]),
    );
    expect(first.tables).toEqual(second.tables);
  });

  it("ask S3 to check and to encrypt what arrives", async () => {
    const key = "arn:aws:kms:eu-west-1:123456789012:key/1";
    const context = await start({ BACKUP_KEY_ARN: key });
    world.store.requests.length = 0;
    await backup(context);
    const uploads = world.store.requests.filter(
      ({ method, url }) => method === "PUT" && url.includes("/dumps/"),
    );
    expect(uploads.map(({ url }) => path.basename(new URL(url, "http://s3").pathname))).toEqual([
      "notejam.dump",
      "manifest.json",
    ]);
    for (const { headers } of uploads) {
      expect(headers["x-amz-checksum-sha256"] ?? headers["x-amz-trailer"]).toBeTruthy();
      expect(headers).toMatchObject({
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": key,
      });
    }
  });

  it("hide the password of pg_dump from other users of the machine", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "notejam-tools-"));
    const script = `#!/bin/sh\n[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99.1" && exit 0\necho "$@ / $PGPASSWORD" >&2\nexit 3\n`;
    writeExecutable(path.join(folder, "pg_dump"), script);
    const environment = await world.environment();
    const url = new URL(environment.DATABASE_URL ?? "");
    url.password = "very-secret";
    const context = world.context({ ...environment, PGBIN: folder, DATABASE_URL: url.href });
    const failure = await backup(context).then(String, String);
    expect(failure).toContain("pg_dump failed (exit status 3)");
    expect(failure).toMatch(/--format=custom.* \/ very-secret\. The backup was discarded/);
    expect(failure.split(" / ")[0]).not.toContain("very-secret");
  });

  describe("do not count", () => {
    it("when pg_dump fails in the end: neither dump nor manifest is there", async () => {
      const context = await start();
      const folder = mkdtempSync(path.join(tmpdir(), "notejam-tools-"));
      const real = path.join(world.tools, "pg_dump");
      writeExecutable(
        path.join(folder, "pg_dump"),
        `#!/bin/sh\n${real} "$@"\n[ "$1" = --version ] || exit 1\n`,
      );
      const failing = {
        ...context,
        config: { ...context.config, backup: { ...context.config.backup, toolsFolder: folder } },
      };
      await expect(backup(failing)).rejects.toThrow("pg_dump failed (exit status 1)");
      expect(await world.store.keys(context.bucket)).toEqual([]);
    });

    it("when the client is older than the server: nothing is written, and the error names the reason", async () => {
      const context = await start();
      const folder = mkdtempSync(path.join(tmpdir(), "notejam-tools-"));
      writeExecutable(path.join(folder, "pg_dump"), '#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6.24"\n');
      const failing = {
        ...context,
        config: { ...context.config, backup: { ...context.config.backup, toolsFolder: folder } },
      };
      await expect(backup(failing)).rejects.toThrow(
        /pg_dump 9\.6\.24 is older than the server \(PostgreSQL 1\d/,
      );
      await expect(backup(failing)).rejects.toMatchObject({ exitStatus: 2 });
      expect(await world.store.keys(context.bucket)).toEqual([]);
    });

    it("when the manifest cannot be written; the one before stays the newest", async () => {
      const context = await start();
      const { id } = await backup(context);
      world.store.disturb = ({ method, url }) =>
        method === "PUT" && url?.includes("manifest.json") ? 403 : undefined;
      await expect(backup(context)).rejects.toThrow("Access is denied");
      world.store.disturb = () => undefined;
      expect((await world.list(context)).map(({ complete }) => complete)).toEqual([false, true]);
      expect((await restore(context, into("before"))).id).toBe(id);
      expect((await restoreTest(context)).id).toBe(id);
    });

    it("when they are stopped: no part of the upload remains", async () => {
      const context = await start();
      await ask(context.config, megabytes(30));
      const stop = new AbortController();
      world.store.disturb = ({ method, url }) => {
        if (method === "PUT" && url?.includes("partNumber=1")) stop.abort(new Error("stopped"));
        return undefined;
      };
      await expect(backup({ ...context, signal: stop.signal })).rejects.toThrow("stopped");
      world.store.disturb = () => undefined;
      expect(await world.store.keys(context.bucket)).toEqual([]);
      expect(await world.store.unfinishedUploads(context.bucket)).toBe(0);
    });
  });

  it("are retried when S3 throttles requests or connections break", async () => {
    const context = await start();
    let left = 3;
    world.store.disturb = () => {
      left -= 1;
      return left < 0 ? undefined : left % 2 === 0 ? 503 : "cut";
    };
    await backup(context);
    left = 3;
    await restoreTest(context);
    world.store.disturb = () => undefined;
    expect(await world.list(context)).toMatchObject([{ complete: true, verifiedAt: expect.any(String) }]);
  });

  describe("are found to be damaged", () => {
    it.each([
      ["cut off", (dump: Buffer) => dump.subarray(0, dump.length - 1000)],
      ["cut off at the beginning", (dump: Buffer) => dump.subarray(0, 40)],
      ["with one bit changed within", (dump: Buffer) => flipped(dump, Math.floor(dump.length * 0.6))],
      ["with one bit changed at the beginning", (dump: Buffer) => flipped(dump, 3)],
      ["with one bit changed at the end", (dump: Buffer) => flipped(dump, dump.length - 2)],
      ["with something after it", (dump: Buffer) => Buffer.concat([dump, Buffer.from("more")])],
      [
        "with nothing but zeros within",
        (dump: Buffer) => Buffer.concat([dump.subarray(0, 20_000), Buffer.alloc(dump.length - 20_000)]),
      ],
    ])("%s, and nothing is changed", async (_, change) => {
      const context = await start();
      const { id } = await backup(context);
      await damage(context, id, change);
      const before = await ask(context.config, NOTES);
      const database = context.config.database.kind === "server" ? context.config.database.database : "";
      const replacing = into(database, { replace: true, yesReplace: true });
      await expect(restore(context, replacing)).rejects.toThrow(`The dump of the backup ${id} is damaged`);
      await expect(restoreTest(context)).rejects.toThrow("is damaged");
      expect(await ask(context.config, NOTES)).toEqual(before);
      expect(await ask(context.config, "select nspname from pg_namespace where nspname ~ '^re'")).toEqual([]);
    });

    it("and a database created for the restore is dropped", async () => {
      const context = await start();
      const { id } = await backup(context);
      await damage(context, id, (dump) => flipped(dump, Math.floor(dump.length / 2)));
      await expect(restore(context, into("never_made"))).rejects.toThrow("is damaged");
      expect(await ask(context.config, "select 1 from pg_database where datname = 'never_made'")).toEqual([]);
    });

    it("but not if another session has created tables in it", async () => {
      const context = await start();
      await ask(context.config, megabytes(3));
      const { id } = await backup(context);
      await damage(context, id, (dump) => flipped(dump, Math.floor(dump.length / 2)));
      let theirs: Promise<unknown> | undefined;
      world.store.disturb = ({ method = "", url = "" }) => {
        if (method === "GET" && url.includes("notejam.dump"))
          theirs ??= ask(
            inDatabase(context, "made_for_two"),
            "create table public.theirs as select 1 as one",
          );
        return undefined;
      };
      await expect(restore(context, into("made_for_two"))).rejects.toThrow("is damaged");
      world.store.disturb = () => undefined;
      await theirs;
      expect(await ask(inDatabase(context, "made_for_two"), "select one from theirs")).toEqual([{ one: 1 }]);
    });

    it("when the rows are not those of the manifest", async () => {
      const context = await start();
      const { id } = await backup(context);
      const text = (await world.store.read(context.bucket, manifestKeyOf(id))).toString();
      const manifest: Manifest = JSON.parse(text);
      const wrong = {
        ...manifest.tables,
        users: { ...manifest.tables.users, rows: 3 },
      };
      await world.store.write(
        context.bucket,
        manifestKeyOf(id),
        JSON.stringify({ ...manifest, tables: wrong }),
      );
      await expect(restoreTest(context)).rejects.toThrow("users has 2 rows instead of 3");
      await world.store.write(context.bucket, manifestKeyOf(id), text.slice(0, 100));
      await expect(restoreTest(context)).rejects.toThrow("is not valid JSON");
    });
  });

  it("are read in the verified version, even if the dump was overwritten", async () => {
    const context = await start();
    const { id } = await backup(context);
    await world.store.write(context.bucket, dumpKeyOf(id), "rubbish");
    expect((await restoreTest(context)).id).toBe(id);
  });

  it("omit tables that do not belong to Notejam, and report them", async () => {
    const context = await start();
    await ask(
      context.config,
      "create table notes_by_hand (id serial, text text); insert into notes_by_hand (text) values ('x')",
    );
    await ask(
      context.config,
      "create schema other; create table other.notes as select 1 as id; select lo_create(0)",
    );
    const { tables } = await backup(context);
    expect(tables).toMatchObject({ notes_by_hand: { rows: 1 }, notes: { rows: 800 } });
    expect(await restoreTest(context)).toMatchObject({ rows: 807 });
    expect(world.stderr).toContain("Skipped tables that no migration creates: notes_by_hand");
    await restore(context, into("without_others"));
    expect(
      await ask(inDatabase(context, "without_others"), "select to_regclass('notes_by_hand') as there"),
    ).toEqual([{ there: null }]);
  });

  it("can also be restored by pg_restore alone", async () => {
    const context = await start();
    const { dump } = await backup(context);
    await ask(context.config, "create database by_hand");
    const file = path.join(mkdtempSync(path.join(tmpdir(), "notejam-dump-")), "notejam.dump");
    writeFileSync(file, await world.store.read(context.bucket, dump.key));
    const options = ["--no-owner", "--exit-on-error", `--dbname=${world.server.url("by_hand")}`, file];
    await promisify(execFile)(path.join(world.tools, "pg_restore"), options);
    expect(await ask(inDatabase(context, "by_hand"), NOTES)).toEqual(await ask(context.config, NOTES));
  });

  it("use the time of S3 instead of the clock of this machine", async () => {
    const context = await start();
    const before = Date.now();
    const first = await backup(context);
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2031-01-01T00:00:00Z") });
    const second = await backup(context).finally(() => vi.setSystemTime(new Date("2019-01-01T00:00:00Z")));
    const third = await backup(context);
    const listed = await world.list(context);
    vi.useRealTimers();
    const order = [first, second, third]
      .map(({ id }) => id)
      .sort()
      .reverse();
    expect(listed.map(({ id }) => id)).toEqual(order);
    for (const { takenAt } of [first, second, third]) {
      expect(Math.abs(Date.parse(takenAt) - before)).toBeLessThan(60_000);
    }
    for (const { ageSeconds } of listed) expect(ageSeconds).toBeLessThan(60);
  });

  it("need a pg_restore that knows pg_dump's format", async () => {
    const context = await start();
    await backup(context);
    const folder = mkdtempSync(path.join(tmpdir(), "notejam-tools-"));
    writeExecutable(path.join(folder, "pg_restore"), '#!/bin/sh\necho "pg_restore (PostgreSQL) 9.6.24"\n');
    const old = {
      ...context,
      config: { ...context.config, backup: { ...context.config.backup, toolsFolder: folder } },
    };
    await expect(restoreTest(old)).rejects.toThrow(
      /was made by pg_dump \S+, which pg_restore 9\.6\.24 cannot read/,
    );
  });

  describe("fail with a clear error when the database goes away", () => {
    const throwOut = (name: string) =>
      world.server.query(
        "postgres",
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name like '${name}%'`,
      );
    /** Runs a callback once, at the first matching request. */
    const once = (matches: (method: string, url: string) => boolean, work: () => Promise<unknown>) => {
      let done = false;
      world.store.disturb = ({ method = "", url = "" }) => {
        if (!done && matches(method, url)) {
          done = true;
          void work();
        }
        return undefined;
      };
    };

    it("during a backup, which leaves nothing behind", async () => {
      const context = await start();
      await ask(context.config, megabytes(30));
      once(
        (method, url) => method === "PUT" && url.includes("partNumber=1"),
        () => throwOut("notejam backup"),
      );
      await expect(backup(context)).rejects.toThrow(/pg_dump failed|the connection was lost/);
      world.store.disturb = () => undefined;
      expect(await world.store.keys(context.bucket)).toEqual([]);
      expect(await world.store.unfinishedUploads(context.bucket)).toBe(0);
    });

    it("during a restore test and a restore, after which both can be done again", async () => {
      const context = await start();
      await ask(context.config, megabytes(3));
      await backup(context);
      const isDownload = (method: string, url: string) => method === "GET" && url.includes("notejam.dump");
      for (const work of [restoreTest, (each: BackupContext) => restore(each, into("goes_away"))]) {
        once(isDownload, () => throwOut("notejam restore"));
        await expect(work(context)).rejects.toThrow("the connection was lost");
        world.store.disturb = () => undefined;
        await work(context);
      }
    });

    it("during the commit: the error does not say that nothing was changed", async () => {
      const context = await start();
      await backup(context);
      await ask(context.config, "create database at_commit");
      const other = inDatabase(context, "at_commit");
      // The last statement before the commit. The commit then has no server.
      await ask(
        other,
        `create function vanish() returns event_trigger language plpgsql as $$ begin
           create temporary table if not exists last_words (said int);
           drop trigger if exists vanishing on last_words;
           create constraint trigger vanishing after insert on last_words deferrable initially deferred
             for each row execute function vanish_at_commit();
           insert into last_words values (1); end $$;
         create function vanish_at_commit() returns trigger language plpgsql as $$ begin
           perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
         create event trigger vanish on ddl_command_end when tag in ('CREATE SCHEMA') execute function vanish()`,
      );
      const failure = await restore(context, into("at_commit")).catch(String);
      expect(failure).toMatch(/lost during the commit .* all changes were saved or none\. Check at_commit/);
      expect(failure).not.toContain("Nothing was changed");
    });

    it("is stopped during a restore, which leaves nothing behind", async () => {
      const context = await start();
      await ask(context.config, megabytes(3));
      await backup(context);
      const stop = new AbortController();
      once(
        (method, url) => method === "GET" && url.includes("notejam.dump"),
        async () => stop.abort(new Error("stopped")),
      );
      await expect(restore({ ...context, signal: stop.signal }, into("stopped"))).rejects.toThrow("stopped");
      world.store.disturb = () => undefined;
      expect(await ask(context.config, "select 1 from pg_database where datname = 'stopped'")).toEqual([]);
    });
  });

  describe("restored into a database that is not empty", () => {
    const nameOf = ({ config }: BackupContext) =>
      config.database.kind === "server" ? config.database.database : "";

    it("are rejected unless confirmed twice", async () => {
      const context = await start();
      await backup(context);
      await expect(restore(context, into(nameOf(context)))).rejects.toThrow(
        "is not empty (notes, pads, users have rows)",
      );
      await expect(restore(context, into(nameOf(context), { replace: true }))).rejects.toThrow("Use both");
      await expect(restore(context, into(nameOf(context), { yesReplace: true }))).rejects.toThrow("Use both");
    });

    it("put what was there aside, and later backups leave that out", async () => {
      const context = await start();
      await backup(context);
      await ask(context.config, "update notes set text = 'overwritten by mistake'");
      const { replaced } = await restore(context, into(nameOf(context), { replace: true, yesReplace: true }));
      expect(
        await ask(
          context.config,
          "select count(*)::int as n from notes where text = 'overwritten by mistake'",
        ),
      ).toEqual([{ n: 0 }]);
      expect(
        await ask(
          context.config,
          `select count(*)::int as n from ${replaced}.notes where text = 'overwritten by mistake'`,
        ),
      ).toEqual([{ n: 800 }]);
      const again = await backup(context);
      expect(again.tables.notes?.rows).toBe(800);
      await restoreTest(context);
    });

    it("wait for a running backup", async () => {
      const context = await start();
      await backup(context);
      if (context.config.database.kind !== "server") throw new Error("This needs a server");
      const other = await openSession(context.config.database, "backup");
      await other.query("begin; lock table notes in access share mode");
      const waiting = new Promise<void>((resolve) => {
        const { write } = context.stderr;
        context.stderr.write = (text) => {
          if (text.startsWith("Waiting for other sessions")) resolve();
          return write(text);
        };
      });
      const restoring = restore(context, into(nameOf(context), { replace: true, yesReplace: true }));
      await Promise.race([waiting, restoring]);
      await other.query("commit");
      await closeSession(other);
      expect((await restoring).replaced).toMatch(/^replaced_/);
    });

    it("replace tables without rows, as a new release's migration creates them", async () => {
      const context = await start();
      await backup(context);
      await ask(context.config, "create database migrated_only");
      const empty = inDatabase(context, "migrated_only");
      await migrateDatabase(empty);
      expect(await restore(context, into("migrated_only"))).toMatchObject({ replaced: undefined });
      expect(await ask(empty, NOTES)).toEqual(await ask(context.config, NOTES));
    });

    it("are rejected if a user signs up in between", async () => {
      const context = await start();
      await backup(context);
      await ask(context.config, "create database signed_up");
      const other = inDatabase(context, "signed_up");
      await migrateDatabase(other);
      const steps: string[] = [];
      const signingUp = new Promise<void>((resolve, reject) => {
        context.stderr.write = (text) => {
          steps.push(text);
          if (text.startsWith("Comparing"))
            ask(other, people("new@example.com")).then(() => resolve(), reject);
        };
      });
      await expect(restore(context, into("signed_up"))).rejects.toThrow("is not empty (users have rows)");
      await signingUp;
      expect(await ask(other, "select email from users")).toEqual([{ email: "new@example.com" }]);
    });
  });

  describe("of another schema version", () => {
    const later: Migration = {
      version: 2,
      name: "color",
      sql: `alter table notes add column color text not null default 'white';
        update notes set color = 'black' where id % 2 = 0;
        create table tags (id integer generated by default as identity primary key, note_id integer references notes);
        insert into tags (note_id) select id from notes where id < 10;`,
      checksum: "2".repeat(64),
    };
    const all = [...readMigrations(MIGRATIONS_FOLDER), later];

    it("are migrated when they are older", async () => {
      const context = await start();
      await backup(context);
      expect(await restoreTest({ ...context, migrations: all })).toMatchObject({
        schemaVersion: 1,
        migratedTo: 2,
      });
      await restore({ ...context, migrations: all }, into("newer"));
      const copy = inDatabase(context, "newer");
      expect(await ask(copy, "select color, count(*)::int from notes group by color order by color")).toEqual(
        [
          { color: "black", count: 400 },
          { color: "white", count: 400 },
        ],
      );
      expect(await ask(copy, "select max(id) from tags")).toEqual([{ max: 9 }]);
      expect(await ask(copy, "select version from schema_migrations order by version")).toEqual([
        { version: 1 },
        { version: 2 },
      ]);
      expect(await ask(copy, NOTES)).toEqual(await ask(context.config, NOTES));
    });

    it("are rejected if they are newer or were made by other migrations", async () => {
      const context = await start();
      await ask(
        context.config,
        "insert into schema_migrations (version, name, checksum) values (2, 'color', 'x')",
      );
      await backup(context);
      await expect(restore(context, into("too_new"))).rejects.toThrow(
        "has schema version 2; this program knows versions up to 1",
      );
      await expect(restore({ ...context, migrations: all }, into("too_new"))).rejects.toThrow(
        "made with other migrations (0002_color.sql)",
      );
    });
  });

  describe("verified by restore tests", () => {
    it("leave the scratch database empty, whatever was in it", async () => {
      const context = await start();
      await backup(context);
      await restoreTest(context);
      const scratch = inDatabase(
        context,
        `${context.config.database.kind === "server" ? context.config.database.database : ""}_restore_test`,
      );
      await migrateDatabase(scratch);
      await ask(scratch, people("left@example.com"));
      await restoreTest(context);
      const there = "select tablename from pg_tables where schemaname !~ '^(pg_|information_schema)'";
      expect(await ask(scratch, there)).toEqual([]);
      expect(await ask(scratch, "select nspname from pg_namespace where nspname ~ '^re'")).toEqual([]);
    });

    it("use the scratch database created by the migration with the admin's login", async () => {
      const environment = await world.environment();
      const url = new URL(environment.DATABASE_URL ?? "");
      const login = {
        POSTGRES_USER: `app_${url.pathname.slice(1)}`,
        POSTGRES_PASS: "a-password-of-16",
        POSTGRES_DB: `owned_${url.pathname.slice(1)}`,
        POSTGRES_URL: url.host,
      };
      const { DATABASE_URL: _, ...rest } = environment;
      await world.server.query("postgres", `create database ${login.POSTGRES_DB}`);
      const admin = { POSTGRES_ADMIN_USER: "notejam", POSTGRES_ADMIN_PASS: "unused" };
      await migrateDatabase(readConfig({ ...rest, ...login, ...admin }));
      const context = world.context({ ...rest, ...login });
      await ask(context.config, people("ada@example.com"));
      await backup(context);
      expect(await restoreTest(context)).toMatchObject({ rows: 2 });
      await world.server.query("postgres", `drop database ${login.POSTGRES_DB}_restore_test`);
      await expect(restoreTest(context)).rejects.toThrow(
        /The database owned_\w+_restore_test does not exist and cannot be created: the login lacks the privilege/,
      );
    });
  });

  it("tell CloudWatch how they went and how old they are", async () => {
    const context = await start({ METRICS_ENVIRONMENT: "notejam-dev" });
    const put: string[] = [];
    world.store.disturb = (request) => {
      if (!request.headers["x-amz-target"]?.includes("PutMetricData") && request.url !== "/")
        return undefined;
      const chunks: Buffer[] = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => put.push(Buffer.concat(chunks).toString("latin1")));
      return undefined;
    };
    await backup(context);
    expect(put.join()).toMatch(/BackupSucceeded/);
    expect(put.join()).toMatch(/DumpBytes/);
    expect(put.join()).toMatch(/BackupAge/);
    expect(put.join()).not.toMatch(/VerifiedBackupAge/);
    expect(put.join()).toMatch(/notejam-dev/);
    put.length = 0;
    await restoreTest(context);
    expect(put.join()).toMatch(/RestoreTestSucceeded/);
    expect(put.join()).toMatch(/VerifiedBackupAge/);
    put.length = 0;
    await ask(context.config, "alter table schema_migrations rename to hidden");
    await expect(backup(context)).rejects.toThrow("no tables of Notejam");
    world.store.disturb = () => undefined;
    expect(put.join()).not.toMatch(/BackupSucceeded/);
    expect(put.join()).toMatch(/BackupAge/);
  });
});

function flipped(dump: Buffer, at: number): Buffer {
  const copy = Buffer.from(dump);
  copy[at] = (copy[at] ?? 0) ^ 4;
  return copy;
}
