import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Manifest } from "../src/backup/backup-manifest.js";
import { manifestKeyOf } from "../src/backup/backup-names.js";
import type { ListedBackup } from "../src/backup/commands/list-backups.js";
import { readConfig } from "../src/config.js";
import { ask, BackupWorld } from "../test/backup-world.js";
import { oddNotes, people } from "../test/odd-notes.js";
import { buildProgram, IMAGE_ENVIRONMENT, type Program } from "./built-app.js";
import { peakMemory } from "./process-usage.js";

const NOTES = 200_000;
/** The user whose notes are recovered. */
const NOTES_OF_ONE = 2_000;
const FEW_NOTES = 200;
/** Size of a dump that has many parts, in megabytes. */
const LARGE = 200;
/**
 * More than this would be a part of the dump held in memory, in megabytes: an upload has three parts of 8 MB on their way,
 * and a small one has none.
 */
const MEMORY_GROWTH = 80;
const POLL_MS = 20;

/** Result and resource usage of a command. */
interface Ran {
  readonly status: number | null;
  readonly output: string;
  readonly seconds: number;
  /** The most that the process, without pg_dump and pg_restore, held in memory, in megabytes. */
  readonly memory: number;
}

let world: BackupWorld;
let program: Program;
let folder: string;

beforeAll(async () => {
  world = await BackupWorld.start();
  program = await buildProgram();
  folder = await mkdtemp(path.join(tmpdir(), "notejam-backup-"));
});

afterAll(async () => {
  program?.remove();
  await world?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Runs a command as in the image, in a child process. */
async function notejam(environment: Record<string, string>, ...args: string[]): Promise<Ran> {
  const start = performance.now();
  const child: ChildProcess = spawn(process.execPath, [...program.nodeOptions, program.main, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...IMAGE_ENVIRONMENT, ...environment, TMPDIR: "/nowhere" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  let memory = 0;
  const watching = setInterval(() => {
    try {
      memory = Math.max(memory, peakMemory(child.pid ?? 0) || 0);
    } catch {
      // It has ended.
    }
  }, POLL_MS);
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearInterval(watching);
  return { status, output, seconds: (performance.now() - start) / 1000, memory };
}

const CONTENT = `
  select md5(string_agg(md5(row(id, user_id, pad_id, name, text, created_at, updated_at, deleted_at, deleted_with_pad, search)::text), '' order by id)) as sum,
    count(*)::int as notes from notes`;

const megabytes = (bytes: number): number => bytes / 1e6;

describe(`a backup of ${NOTES} notes with unusual content`, () => {
  let many: Record<string, string>;
  let few: Record<string, string>;
  let backup: ListedBackup;
  let memoryOfFew: Ran[];

  beforeAll(async () => {
    few = await world.environment();
    await seed(few, FEW_NOTES);
    memoryOfFew = [await notejam(few, "backup"), await notejam(few, "restore-test")];
    expect(memoryOfFew.map(({ status, output }) => [status, output])).toEqual([
      [0, expect.any(String)],
      [0, expect.any(String)],
    ]);
    many = await world.environment();
    await seed(many, NOTES);
  });

  async function seed(environment: Record<string, string>, notes: number): Promise<void> {
    const config = readConfig(environment);
    await ask(config, people("first@example.com", "one@example.com", "last@example.com"));
    await ask(config, oddNotes(1, notes - NOTES_OF_ONE > 0 ? notes - NOTES_OF_ONE : notes));
    if (notes > NOTES_OF_ONE) await ask(config, oddNotes(2, NOTES_OF_ONE));
  }

  it("is taken in constant memory", async () => {
    const ran = await notejam(many, "backup");
    expect([ran.status, ran.output]).toEqual([0, expect.stringContaining("Backup ")]);
    const { output } = await notejam(many, "backups", "--json");
    [backup] = JSON.parse(output);
    const [table] = await ask(
      readConfig(many),
      "select pg_table_size('notes')::bigint as bytes, sum(octet_length(text))::bigint as text from notes",
    );
    console.log(
      `backup: ${NOTES} notes, ${megabytes(Number(table?.text)).toFixed(0)} MB of text, ${megabytes(backup.bytes).toFixed(1)} MB of dump in ${ran.seconds.toFixed(1)} s: ` +
        `${(megabytes(Number(table?.text)) / ran.seconds).toFixed(1)} MB/s of text; at most ${ran.memory.toFixed(0)} MB of memory, ${memoryOfFew[0]?.memory.toFixed(0)} MB for ${FEW_NOTES} notes`,
    );
    expect(ran.memory - (memoryOfFew[0]?.memory ?? 0)).toBeLessThan(MEMORY_GROWTH);
  });

  it("has the checksums of all tables in its manifest", async () => {
    const bucket = many.BACKUP_BUCKET ?? "";
    const manifest: Manifest = JSON.parse(
      (await world.store.read(bucket, manifestKeyOf(backup.id))).toString(),
    );
    expect(manifest.tables.notes?.rows).toBe(NOTES);
    expect(manifest.tables.users?.rows).toBe(3);
  });

  it("is restored note by note, in constant memory and without a file", async () => {
    const ran = await notejam(many, "restore", "--latest", "--into", "restored");
    expect([ran.status, ran.output]).toEqual([0, expect.stringContaining("matching the manifest")]);
    const config = readConfig({ ...many, DATABASE_URL: world.server.url("restored") });
    const [restored] = await ask(config, CONTENT);
    expect(restored).toEqual((await ask(readConfig(many), CONTENT))[0]);
    expect(restored?.notes).toBe(NOTES);
    console.log(
      `restore: ${ran.seconds.toFixed(1)} s, ${(megabytes(backup.bytes) / ran.seconds).toFixed(1)} MB/s of dump; at most ${ran.memory.toFixed(0)} MB of memory, ${memoryOfFew[1]?.memory.toFixed(0)} MB for ${FEW_NOTES} notes`,
    );
    expect(ran.memory - (memoryOfFew[1]?.memory ?? 0)).toBeLessThan(MEMORY_GROWTH);
  });

  it("is verified by a restore test", async () => {
    const ran = await notejam(many, "restore-test");
    expect([ran.status, ran.output]).toEqual([0, expect.stringContaining(`Verified: ${backup.id}`)]);
    console.log(`restore test: ${ran.seconds.toFixed(1)} s, at most ${ran.memory.toFixed(0)} MB of memory`);
  });

  it("recovers the notes of one user in constant memory", async () => {
    const config = readConfig(many);
    const others =
      "select md5(string_agg(md5(row(notes.*)::text), '' order by id)) as sum from notes where user_id <> 2";
    const before = await ask(config, others);
    const own =
      "select id, name, text, created_at, updated_at, deleted_at from notes where user_id = 2 order by id";
    const was = await ask(config, own);
    expect(was).toHaveLength(NOTES_OF_ONE);
    await ask(config, "delete from notes where user_id = 2");
    const ran = await notejam(many, "recover", "--user", "one@example.com");
    expect([ran.status, ran.output]).toEqual([
      0,
      expect.stringContaining(`Recovered: ${NOTES_OF_ONE} deleted notes added`),
    ]);
    expect(await ask(config, own)).toEqual(was);
    expect(await ask(config, others)).toEqual(before);
    console.log(
      `recover: ${NOTES_OF_ONE} of ${NOTES} notes in ${ran.seconds.toFixed(1)} s, at most ${ran.memory.toFixed(0)} MB of memory`,
    );
    expect(ran.memory - (memoryOfFew[1]?.memory ?? 0)).toBeLessThan(MEMORY_GROWTH);
  });
});

describe(`a dump of ${LARGE} MB that cannot be compressed, sent in many parts`, () => {
  it("is taken, verified and searched in the same memory as a small one", async () => {
    const few = await world.environment();
    const small = [await notejam(few, "backup"), await notejam(few, "restore-test")];
    const environment = await world.environment();
    await ask(
      readConfig(environment),
      `insert into users (email, password_hash)
       select n || '@example.com', string_agg(md5(random()::text), '')
       from generate_series(1, ${LARGE}) as n, generate_series(1, 55000) group by n`,
    );
    const large = [await notejam(environment, "backup"), await notejam(environment, "restore-test")];
    const [backup]: ListedBackup[] = JSON.parse((await notejam(environment, "backups", "--json")).output);
    large.push(await notejam(environment, "recover", "--user", "7@example.com"));
    expect(large.map(({ status, output }) => [status, output])).toEqual(
      large.map(() => [0, expect.any(String)]),
    );
    const size = megabytes(backup?.bytes ?? 0);
    expect(size).toBeGreaterThan(LARGE * 0.8);
    for (const [index, command] of ["backup", "restore-test", "recover"].entries()) {
      const { seconds = 0, memory = 0 } = large[index] ?? {};
      const before = small[Math.min(index, 1)]?.memory ?? 0;
      console.log(
        `${command}: ${size.toFixed(0)} MB of dump in ${seconds.toFixed(1)} s, ${(size / seconds).toFixed(1)} MB/s; at most ${memory.toFixed(0)} MB of memory, ${before.toFixed(0)} MB for an empty one`,
      );
      expect(memory - before).toBeLessThan(MEMORY_GROWTH);
    }
  });
});

describe("exit status and message", () => {
  it.each([
    [2, "BACKUP_BUCKET is not set", { BACKUP_BUCKET: "" }, ["backup"]],
    [2, "must be the ARN of a key", { BACKUP_KEY_ARN: "key" }, ["backup"]],
    [2, "require a PostgreSQL server", { DATABASE_URL: "" }, ["backup"]],
    [2, "cannot be run: .*-tools", { PGBIN: "/nowhere" }, ["backup"]],
    [
      2,
      "Use only one of --latest, --at and --key",
      {},
      ["restore", "--into", "x", "--latest", "--at", "2026-01-01T00:00Z"],
    ],
    [1, "There is no complete backup", {}, ["restore-test"]],
    [1, "The bucket does not exist. Check BACKUP_BUCKET", { BACKUP_BUCKET: "no-such-bucket" }, ["backup"]],
    [1, "cannot be opened: .*ECONNREFUSED", { DATABASE_URL: "postgres://notejam@127.0.0.1:1/x" }, ["backup"]],
  ] as const)("are %i, and say %s", async (status, message, changes, args) => {
    const ran = await notejam({ ...(await world.environment()), ...changes }, ...args);
    expect(ran.output).toMatch(new RegExp(message));
    expect(ran.output).not.toMatch(/\n {4}at /);
    expect(ran.status).toBe(status);
  });
});
