import { execFile } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dumpKeyOf, manifestKeyOf, RESTORE_TESTS } from "../src/backup/backup-names.js";
import { Random } from "../test/random.js";
import type { BackupCommand } from "./backup-command.js";
import { denied, type Fault, type Faults, flipped, type Operation, SLOW_DOWN } from "./backup-failing-s3.js";
import { BackupTrials, LOGIN, SOURCE, type Trial } from "./backup-trials.js";

const run = promisify(execFile);

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const BACKUPS_KILLED = 20;
const RESTORES_KILLED = 5;
const RESTORE_TESTS_KILLED = 5;
const HOUR = 3_600_000;
/** Kubernetes kills after this time, in seconds. */
const GRACE_PERIOD = 30;
/** Longest that a command may take to end when it is asked to and S3 answers, in seconds. */
const PROMPTLY = 10;

let trials: BackupTrials;
/** The newest backup that counts. */
let newest: string;
/** Durations of commands without faults, in seconds. */
const usual = { backup: 0, restore: 0, restoreTest: 0 };

beforeAll(async () => {
  trials = await BackupTrials.start();
});

afterAll(async () => {
  trials?.tell();
  await trials?.stop();
});

const query = (text: string) => trials.world.server.query("postgres", text);
const idIn = (stdout: string) => /^Backup (\S+):/m.exec(stdout)?.[1] ?? "none was taken";
const always =
  (operation: Operation, fault: Fault): Faults =>
  (request) =>
    request.operation === operation ? fault : undefined;
const onPart =
  (number: number, fault: Fault): Faults =>
  ({ part }) =>
    part === number ? fault : undefined;

/** A backup that fails leaves nothing that counts, and no part of an upload. */
async function fails(trial: Omit<Trial, "args">): Promise<void> {
  const unfinished = () => trials.world.store.unfinishedUploads(trials.bucket);
  const before = await unfinished();
  await trials.survive({ args: ["backup"], ...trial });
  expect((await trials.newest())?.id).toBe(newest);
  expect(await unfinished()).toBe(before);
}

/** A backup that succeeds all the same is the newest from now on. */
async function succeeds(trial: Omit<Trial, "args" | "status">): Promise<number> {
  const { stdout, seconds } = await trials.survive({ args: ["backup"], status: 0, ...trial });
  newest = idIn(stdout);
  expect((await trials.newest())?.id).toBe(newest);
  expect(await trials.isWhole(newest)).toBe(true);
  return seconds;
}

const restoring = (database: string): string[] => [
  "restore",
  "--into",
  database,
  "--replace",
  "--yes-replace",
];

/** Neither a restore nor a restore test takes the newest backup, and what is in the way of either stays. */
async function refused(trial: Omit<Trial, "args" | "status" | "message">, message: RegExp): Promise<void> {
  const target = await trials.target();
  const before = await trials.contentsOf(target);
  const bucket = trial.environment?.BACKUP_BUCKET ?? trials.bucket;
  const reports = await restoreTestsIn(bucket);
  const one = (fault: string, args: readonly string[]) =>
    trials.survive(
      { status: 1, message, ...trial, fault: `${trial.fault}: ${fault}`, args },
      { alone: false },
    );
  await together([
    one("restore", restoring(target)),
    one("into a new database", ["restore", "--into", "never"]),
    one("restore-test", ["restore-test"]),
  ]);
  await trials.expectNoSessions();
  expect(await trials.contentsOf(target)).toEqual(before);
  expect(await trials.hasDatabase("never")).toBe(false);
  expect(await trials.scratchTables()).toEqual([]);
  expect(await restoreTestsIn(bucket)).toEqual(reports);
}

/** Waits for all, also when one of them fails. */
async function together(runs: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(runs)) if (result.status === "rejected") throw result.reason;
}

const restoreTestsIn = async (bucket: string) =>
  (await trials.world.store.keys(bucket)).filter((key) => key.startsWith(RESTORE_TESTS));

/** An older backup is restored by its id although the newest is none. */
async function olderIsRestored(bucket: string, id: string): Promise<void> {
  const target = await trials.target();
  const ended = await trials.run({
    args: [...restoring(target), "--key", id],
    environment: { BACKUP_BUCKET: bucket },
  });
  expect(ended.status, ended.output).toBe(0);
  expect((await trials.contentsOf(target)).sum).toBe((await trials.contentsOf(SOURCE)).sum);
}

/** Waits until a restore or a restore test copies rows into a table. */
async function untilLoading(): Promise<void> {
  const loading = "select 1 from pg_stat_activity where query ilike 'copy%from stdin%' and state = 'active'";
  await expect
    .poll(() => query(loading).then(({ rows }) => rows.length), { timeout: 60_000, interval: 10 })
    .toBe(1);
}

/** A folder with a program in the place of pg_dump; the real one is `$REAL`. */
function fakeDump(script: string): string {
  const folder = mkdtempSync(path.join(trials.folder, "tools-"));
  const real = path.join(trials.world.tools, "pg_dump");
  const whole = `#!/bin/sh\nREAL=${real}\nif [ "$1" = --version ]; then ${/echo.*PostgreSQL/.test(script) ? script : 'exec "$REAL" --version'}; exit; fi\n${script}\n`;
  writeFileSync(path.join(folder, "pg_dump"), whole);
  chmodSync(path.join(folder, "pg_dump"), 0o755);
  return folder;
}

describe("without faults", () => {
  it("takes, verifies and restores a backup", async () => {
    usual.backup = await succeeds({ fault: "none: backup" });
    usual.restoreTest = (
      await trials.survive({ fault: "none: restore test", args: ["restore-test"], status: 0 })
    ).seconds;
    const target = await trials.target();
    const { seconds } = await trials.survive({ fault: "none: restore", args: restoring(target), status: 0 });
    usual.restore = seconds;
    expect((await trials.contentsOf(target)).sum).toBe((await trials.contentsOf(SOURCE)).sum);
    expect(await trials.newest()).toMatchObject({ id: newest, verifiedAt: expect.any(String) });
  });
});

describe("the upload", () => {
  it("resumes when it is cut within a part", async () => {
    let cuts = 2;
    await succeeds({
      fault: "upload cut twice in the middle of part 2",
      faults: ({ part }) => {
        if (part !== 2 || cuts === 0) return undefined;
        cuts -= 1;
        return { kind: "cut", afterBytes: 3e6 };
      },
    });
  });

  it("fails when it is cut each time, and is aborted", async () => {
    await fails({
      fault: "upload cut in the middle of part 2, each time",
      faults: onPart(2, { kind: "cut", afterBytes: 3e6 }),
      status: 1,
      message:
        /^The dump cannot be written to s3:\/\/\S+notejam\.dump: .* S3 is unreachable .*Run the command again later\.$/,
    });
  });

  it("leaves an incomplete backup when the manifest is cut each time", async () => {
    await fails({
      fault: "manifest cut each time",
      faults: ({ key }) => (key.endsWith("manifest.json") ? { kind: "cut", afterBytes: 100 } : undefined),
      status: 1,
      message: /^s3:\/\/\S+manifest\.json cannot be written: .*Run the command again later\.$/,
    });
  });

  it("survives lost responses", async () => {
    await succeeds({
      fault: "answers of S3 lost, one of each kind but the last of the upload",
      faults: ({ operation, before }) =>
        before === 0 && operation !== "complete" ? { kind: "lose answer" } : undefined,
    });
    // An upload whose id was in a lost response can only be aborted by the bucket lifecycle.
    expect(await trials.takeBackUploads()).toBe(1);
  });

  it("waits for a slow S3", async () => {
    await succeeds({
      fault: "each answer of S3 late by half a second",
      faults: () => ({ kind: "delay", by: 500 }),
    });
  });
});

describe("throttling by S3", () => {
  it("for a while: the backup succeeds", async () => {
    let left = 10;
    await succeeds({
      fault: "SlowDown, ten times",
      faults: () => {
        left -= 1;
        return left >= 0 && left % 3 !== 0 ? SLOW_DOWN : undefined;
      },
    });
  });

  it("forever: each command fails with the reason", async () => {
    const message =
      /^The .* cannot be .*: Please reduce your request rate\. .*Run the command again later\.$/;
    const target = await trials.target();
    const before = await trials.contentsOf(target);
    const fault = "SlowDown, for ever";
    // The metrics are also sent after a failure and would only add waiting time.
    const environment = { METRICS_ENVIRONMENT: "" };
    const common = { faults: () => SLOW_DOWN, status: 1, message, environment };
    await together([
      trials.survive({ ...common, fault: `${fault}: backup`, args: ["backup"] }, { alone: false }),
      trials.survive({ ...common, fault: `${fault}: restore`, args: restoring(target) }, { alone: false }),
      trials.survive(
        { ...common, fault: `${fault}: restore test`, args: ["restore-test"] },
        { alone: false },
      ),
      trials.survive({ ...common, fault: `${fault}: backups`, args: ["backups"] }, { alone: false }),
      trials.survive(
        {
          ...common,
          fault: "SlowDown, for ever, to parts",
          args: ["backup"],
          faults: always("part", SLOW_DOWN),
        },
        { alone: false },
      ),
    ]);
    await trials.expectNoSessions();
    expect(await trials.contentsOf(target)).toEqual(before);
    expect((await trials.newest())?.id).toBe(newest);
    expect(await trials.world.store.unfinishedUploads(trials.bucket)).toBe(0);
  });
});

describe("permissions and keys", () => {
  it("are missing: writing", async () => {
    await fails({
      fault: "no right to write",
      faults: always("begin", denied("s3:PutObject")),
      status: 1,
      message:
        /^The dump cannot be written to s3:\/\/\S+notejam\.dump: User: .* not authorized .*Check the role/,
    });
  });

  it("are missing: writing the manifest", async () => {
    await fails({
      fault: "no right to write the manifest",
      faults: ({ key, operation }) =>
        operation === "put" && key.endsWith("manifest.json") ? denied("s3:PutObject") : undefined,
      status: 1,
      message: /^s3:\/\/\S+manifest\.json cannot be written: User: .* not authorized .*Check the role/,
    });
  });

  it("are missing: aborting a failed upload", async () => {
    await trials.survive({
      fault: "no right to take an upload back",
      args: ["backup"],
      environment: { PGBIN: fakeDump('"$REAL" "$@" | head -c 9000000; exit 1') },
      faults: always("abort", denied("s3:AbortMultipartUpload")),
      status: 1,
      message: /pg_dump failed/,
    });
    expect((await trials.newest())?.id).toBe(newest);
    await trials.takeBackUploads();
  });

  it("are missing: listing", async () => {
    const faults = always("list", denied("s3:ListBucket"));
    const message = /^The backups in s3:\/\/\S+ cannot be listed: User: .* not authorized .*Check the role/;
    await fails({ fault: "no right to list", faults, status: 1, message });
    await refused({ fault: "no right to list", faults }, message);
  });

  it("are missing: reading", async () => {
    await refused(
      { fault: "no right to read", faults: always("read", denied("s3:GetObject")) },
      /^The manifest s3:\/\/\S+manifest\.json cannot be read: User: .* not authorized .*Check the role/,
    );
    await refused(
      {
        fault: "no right to read the dump",
        faults: ({ operation, key }) =>
          operation === "read" && key.endsWith(".dump") ? denied("kms:Decrypt") : undefined,
      },
      /^The dump s3:\/\/\S+notejam\.dump cannot be read: User: .* not authorized .*(key|role)/,
    );
  });

  it("are missing: writing the report of a restore test", async () => {
    const reports = await restoreTestsIn(trials.bucket);
    await trials.survive({
      fault: "no right to write the report",
      args: ["restore-test"],
      faults: always("put", denied("s3:PutObject")),
      status: 1,
      message: /^s3:\/\/\S+restore-tests\/\S+ cannot be written: User: .* not authorized .*Check the role/,
    });
    expect(await restoreTestsIn(trials.bucket)).toEqual(reports);
    expect(await trials.scratchTables()).toEqual([]);
  });

  it("are of a key that does not exist", async () => {
    await fails({
      fault: "key that does not exist",
      environment: {
        BACKUP_KEY_ARN: "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000",
      },
      status: 1,
      message: /^The dump cannot be written to .*Key 'arn:\S+' does not exist\. .*Check BACKUP_KEY_ARN/,
    });
  });

  it("are of a key without permission", async () => {
    await fails({
      fault: "key that may not be used",
      faults: always("begin", denied("kms:GenerateDataKey on this resource")),
      status: 1,
      message: /^The dump cannot be written to .*kms:GenerateDataKey.* (BACKUP_KEY_ARN|key policy)/,
    });
  });

  it("are of a bucket that does not exist", async () => {
    const environment = { BACKUP_BUCKET: "no-such-bucket" };
    const message = /^The backups in s3:\/\/no-such-bucket\S* cannot be listed: .*Check BACKUP_BUCKET\.$/;
    await fails({ fault: "bucket that does not exist", environment, status: 1, message });
    await refusedWithoutBucket({ fault: "bucket that does not exist", environment, message });
  });

  async function refusedWithoutBucket(trial: Omit<Trial, "args" | "status">): Promise<void> {
    await trials.survive({
      ...trial,
      fault: `${trial.fault}: restore test`,
      args: ["restore-test"],
      status: 1,
    });
    await trials.survive({
      ...trial,
      fault: `${trial.fault}: restore`,
      args: ["restore", "--into", "never"],
      status: 1,
    });
    expect(await trials.hasDatabase("never")).toBe(false);
  }

  it("are of a wrong database password", async () => {
    const url = new URL(trials.urlOf(SOURCE));
    url.password = "canary-of-a-wrong-one";
    const environment = { DATABASE_URL: url.href };
    const message =
      /^The database notebook at 127\.0\.0\.1:\d+ cannot be opened: password authentication failed for user "keeper"\. Check /;
    await fails({ fault: "wrong password", environment, status: 1, message });
    const ended = await trials.survive({
      fault: "wrong password: restore test",
      args: ["restore-test"],
      environment,
      status: 1,
      message: /cannot be opened: password authentication failed/,
    });
    expect(ended.output).not.toContain("canary-of-a-wrong-one");
  });
});

describe("the stored backup", () => {
  /** A copy of the newest backup and of one before, the newer one damaged. */
  async function damaged(damage: (bucket: string, newer: string, older: string) => Promise<void>) {
    const [newer, older] = (await trials.list()).filter(({ complete }) => complete);
    if (!newer || !older) throw new Error("There are not two backups");
    const bucket = await trials.copyOf(newer.id, older.id);
    await damage(bucket, newer.id, older.id);
    return { bucket, newer: newer.id, older: older.id };
  }

  const rewrite =
    (key: (id: string) => string, change: (content: Buffer) => Buffer) => (bucket: string, id: string) =>
      trials.world.store
        .read(bucket, key(id))
        .then((content) => trials.world.store.write(bucket, key(id), change(content)));

  it("is a dump that was cut off", async () => {
    const { bucket, older } = await damaged(
      rewrite(dumpKeyOf, (dump) => dump.subarray(0, dump.length - 100_000)),
    );
    await refused(
      { fault: "truncated dump", environment: { BACKUP_BUCKET: bucket } },
      /^The dump of the backup \S+ is damaged: it has \d+ bytes instead of \d+\. Nothing was changed\. Use an older backup/,
    );
    await olderIsRestored(bucket, older);
  });

  it.each([0.00001, 0.5, 0.99999])("is a dump with one bit changed, at %d of its length", async (at) => {
    const { bucket } = await damaged(rewrite(dumpKeyOf, (dump) => flipped(dump, at)));
    await refused(
      { fault: `one bit of the dump changed, at ${at} of it`, environment: { BACKUP_BUCKET: bucket } },
      /^The dump of the backup \S+ is damaged: its SHA-256 is \S+ instead of \S+ Nothing was changed\. Use an older backup/,
    );
  });

  it("is correct, but changed during the transfer", async () => {
    await refused(
      {
        fault: "one bit changed on the way from S3",
        faults: ({ operation, key }) =>
          operation === "read" && key.endsWith(".dump") ? { kind: "flip", at: 0.7 } : undefined,
      },
      /damaged|[Cc]hecksum/,
    );
  });

  it("is overwritten: the version in the manifest still exists", async () => {
    const { store } = trials.world;
    const dump = await store.read(trials.bucket, dumpKeyOf(newest));
    await store.write(trials.bucket, dumpKeyOf(newest), flipped(dump, 0.5));
    await trials.survive({ fault: "dump overwritten", args: ["restore-test"], status: 0 });
    await store.write(trials.bucket, dumpKeyOf(newest), dump);
  });

  it("arrives in small chunks", async () => {
    let pieces = 3;
    await trials.survive({
      fault: "download broken off three times",
      args: ["restore-test"],
      status: 0,
      faults: ({ operation, key }) => {
        if (operation !== "read" || !key.endsWith(".dump") || pieces === 0) return undefined;
        pieces -= 1;
        return { kind: "break off", at: 0.4 };
      },
    });
  });

  it("is a dump without its manifest", async () => {
    const { bucket, newer, older } = await damaged(rewrite(manifestKeyOf, () => Buffer.from("")));
    expect((await trials.newest(bucket))?.id).toBe(older);
    const copy = await trials.copyOf(older);
    await trials.world.store.write(
      copy,
      dumpKeyOf(newer),
      await trials.world.store.read(bucket, dumpKeyOf(newer)),
    );
    await takesTheOlder("missing manifest", copy, newer, older, /is incomplete/);
  });

  it("is a manifest without its dump", async () => {
    const [newer, older] = (await trials.list()).filter(({ complete }) => complete).map(({ id }) => id);
    if (!newer || !older) throw new Error("There are not two backups");
    const copy = await trials.copyOf(older);
    await trials.world.store.write(
      copy,
      manifestKeyOf(newer),
      await trials.world.store.read(trials.bucket, manifestKeyOf(newer)),
    );
    await takesTheOlder("manifest without its dump", copy, newer, older, /is incomplete/);
  });

  /** An incomplete backup is not the newest. Selecting it fails. */
  async function takesTheOlder(fault: string, bucket: string, newer: string, older: string, message: RegExp) {
    const environment = { BACKUP_BUCKET: bucket };
    expect((await trials.newest(bucket))?.id).toBe(older);
    const { stdout } = await trials.survive({
      fault: `${fault}: restore test`,
      args: ["restore-test"],
      environment,
      status: 0,
    });
    expect(stdout).toContain(`Verified: ${older}`);
    const args = ["restore", "--into", "never", "--key", newer];
    await trials.survive({ fault: `${fault}: asked for`, args, environment, status: 1, message });
    expect(await trials.hasDatabase("never")).toBe(false);
  }

  it("is the manifest of another dump", async () => {
    const { store } = trials.world;
    const { bucket } = await damaged(async (copy, newer, older) =>
      store.write(copy, manifestKeyOf(newer), await store.read(copy, manifestKeyOf(older))),
    );
    await refused(
      { fault: "manifest of another dump", environment: { BACKUP_BUCKET: bucket } },
      /^s3:\/\/\S+manifest\.json belongs to another backup .*Use another/,
    );
  });

  it("is a manifest that names another dump", async () => {
    const { bucket } = await damaged((copy, newer, older) =>
      rewrite(manifestKeyOf, (manifest) =>
        Buffer.from(String(manifest).replace(dumpKeyOf(newer), dumpKeyOf(older))),
      )(copy, newer),
    );
    await refused(
      { fault: "manifest that names another dump", environment: { BACKUP_BUCKET: bucket } },
      /another (backup|dump)/,
    );
  });

  it("is the dump of another backup", async () => {
    const { store } = trials.world;
    const { bucket } = await damaged(async (copy, newer, older) =>
      store.write(copy, dumpKeyOf(newer), await store.read(copy, dumpKeyOf(older))),
    );
    await refused(
      { fault: "dump of another backup", environment: { BACKUP_BUCKET: bucket } },
      /^The dump of the backup \S+ is damaged/,
    );
  });

  it("is half a manifest", async () => {
    const { bucket, older } = await damaged(rewrite(manifestKeyOf, (manifest) => manifest.subarray(0, 300)));
    await refused(
      { fault: "half a manifest", environment: { BACKUP_BUCKET: bucket } },
      /manifest\.json is not valid .*Use another backup/,
    );
    await olderIsRestored(bucket, older);
  });
});

describe("a full disk", () => {
  const isRoot = process.getuid?.() === 0 && process.platform === "linux";
  let small: string;

  beforeAll(async () => {
    small = mkdtempSync(path.join(tmpdir(), "notejam-small-"));
    if (isRoot) await run("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", small]);
    else console.warn("NOT TESTED, full disks: only root can mount a small one");
  });

  afterAll(async () => {
    if (isRoot) await run("umount", ["--lazy", small]);
    rmSync(small, { recursive: true, force: true });
  });

  it.runIf(isRoot)("of the machine that runs a command: no command needs disk space", async () => {
    writeFileSync(path.join(small, "full"), Buffer.alloc(20 * 2 ** 20));
    await expect(run("dd", ["if=/dev/zero", `of=${path.join(small, "more")}`, "bs=1M"])).rejects.toThrow(
      "No space",
    );
    const full = { folder: small, environment: { TMPDIR: small, HOME: small } };
    await succeeds({ fault: "disk full: backup", ...full });
    await trials.survive({ fault: "disk full: restore test", args: ["restore-test"], status: 0, ...full });
    rmSync(path.join(small, "full"));
    rmSync(path.join(small, "more"));
  });

  it.runIf(isRoot)("of the server: nothing is changed", async () => {
    const place = path.join(small, "tablespace");
    mkdirSync(place);
    const { uid, gid } = statSync(trials.world.server.folder);
    chownSync(small, uid, gid);
    chownSync(place, uid, gid);
    await query(`create tablespace small location '${place}'`);
    const target = await trials.target("tablespace small");
    const before = await trials.contentsOf(target);
    await trials.survive({
      fault: "the server's disk full: restore",
      args: restoring(target),
      status: 1,
      message:
        /^The backup \S+ could not be restored into \S+: the database's disk is full \(.*No space left on device\)\. Nothing was changed/,
    });
    expect(await trials.contentsOf(target)).toEqual(before);
    await query(`drop database ${target}`);
    await query("drop tablespace small");
  });
});

describe("the database", () => {
  // pg_dump can write two parts, and is then in the middle of the largest table.
  const held: Faults = ({ part }) => (part > 0 ? { kind: "hold" } : undefined);

  it("is killed during a dump", async () => {
    await fails({
      fault: "database killed during the dump",
      faults: held,
      status: 1,
      message: /(pg_dump failed|the connection was lost).*(again|connection)/,
      during: async (_, s3) => {
        await s3.held;
        await trials.world.server.kill();
        s3.release();
        await trials.world.server.resume();
      },
    });
  });

  it("loses the process that serves pg_dump", async () => {
    await fails({
      fault: "pg_dump's server process killed (SIGKILL)",
      status: 1,
      message: /(pg_dump failed|the connection was lost)/,
      during: async () => {
        process.kill(await whileDumping("pid"), "SIGKILL");
      },
    });
    await expect
      .poll(
        () =>
          query("select 1").then(
            () => true,
            () => false,
          ),
        { timeout: 30_000 },
      )
      .toBe(true);
  });

  it("cancels the statement of pg_dump, like a timeout", async () => {
    await fails({
      fault: "statement of pg_dump cancelled",
      status: 1,
      message: /pg_dump failed \(exit status 1\): .*canceling statement/,
      during: async () => {
        await whileDumping("pg_cancel_backend(pid)::int");
      },
    });
  });

  /** Asks for something about the process that serves pg_dump, while it sends the largest table. */
  async function whileDumping(expression: string): Promise<number> {
    const text = `select ${expression} as found from pg_stat_activity where query like 'COPY public.users%' and state = 'active'`;
    for (;;) {
      const { rows } = await query(text);
      if (rows.length > 0) return Number(rows[0]?.found);
      await pause(10);
    }
  }

  it("is killed during a restore", async () => {
    const target = await trials.target();
    const before = await trials.contentsOf(target);
    await trials.survive({
      fault: "database killed during a restore",
      args: restoring(target),
      status: 1,
      message:
        /^The backup \S+ could not be restored into \S+: the connection was lost .*Nothing was changed\. Run the command again\.$/,
      during: async () => {
        await untilLoading();
        await trials.world.server.kill();
        await trials.world.server.resume();
      },
    });
    expect(await trials.contentsOf(target)).toEqual(before);
  });

  it("has timeouts that are shorter than a backup", async () => {
    const limits = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"];
    for (const limit of limits) await query(`alter role ${LOGIN} set ${limit} = '250ms'`);
    await succeeds({ fault: "limits of a quarter of a second: backup" });
    await trials.survive({
      fault: "limits of a quarter of a second: restore test",
      args: ["restore-test"],
      status: 0,
    });
    for (const limit of limits) await query(`alter role ${LOGIN} reset ${limit}`);
  });
});

describe("pg_dump", () => {
  it("is missing", async () => {
    await fails({
      fault: "pg_dump missing",
      environment: { PGBIN: "/nowhere" },
      status: 2,
      message: /^\/nowhere\/pg_dump cannot be run: .*-tools.*PGBIN/,
    });
  });

  it("is older than the server", async () => {
    await fails({
      fault: "pg_dump older than the server",
      environment: { PGBIN: fakeDump('echo "pg_dump (PostgreSQL) 9.6.24"') },
      status: 2,
      message: /^pg_dump 9\.6\.24 is older than the server \(PostgreSQL \d.* Nothing was written\..*PGBIN\.$/,
    });
  });

  it.each([
    [
      "fails immediately",
      "echo 'cannot do that' >&2; exit 3",
      /pg_dump failed \(exit status 3\): cannot do that\. The backup was discarded/,
    ],
    [
      "fails during the dump",
      '"$REAL" "$@" | head -c 9000000; echo broken >&2; exit 1',
      /pg_dump failed \(exit status 1\): .*broken/,
    ],
    ["is killed in the middle", '"$REAL" "$@" | head -c 9000000; kill -9 $$', /pg_dump failed \(SIGKILL\)/],
    ["writes nothing", "exit 0", /pg_dump failed \(it wrote nothing\): .*The backup was discarded/],
  ])("%s", async (fault, script, message) => {
    await fails({ fault: `pg_dump ${fault}`, environment: { PGBIN: fakeDump(script) }, status: 1, message });
  });
});

describe("the clock of this machine", () => {
  let preload: string;

  beforeAll(() => {
    preload = path.join(trials.folder, "shifted-clock.mjs");
    writeFileSync(
      preload,
      `const Right = Date;
       globalThis.Date = class Date extends Right {
         constructor(...given) { given.length === 0 ? super(Date.now()) : super(...given); }
         static now() { return Right.now() + Number(process.env.CLOCK_IS_OFF_BY); }
       };`,
    );
  });

  it.each([
    ["an hour ahead", HOUR],
    ["an hour behind", -HOUR],
    ["ten minutes ahead, which S3 does not mind", HOUR / 6],
  ])("is %s: the order of backups is right", async (how, shift) => {
    const environment = { NODE_OPTIONS: `--import ${preload}`, CLOCK_IS_OFF_BY: String(shift) };
    await succeeds({ fault: `clock ${how}: backup`, environment });
    const [listed] = await trials.list();
    expect(Math.abs(Date.parse(listed?.takenAt ?? "") - Date.now())).toBeLessThan(2 * 60_000);
    const { stdout } = await trials.survive({
      fault: `clock ${how}: backups`,
      args: ["backups", "--json"],
      environment,
      status: 0,
    });
    expect(JSON.parse(stdout)[0].ageSeconds).toBeLessThan(120);
    await succeeds({ fault: "clock right again: backup" });
  });
});

describe("two commands at once", () => {
  it("are two complete backups", async () => {
    const ids: string[] = [];
    const one = async (fault: string) => {
      const { stdout } = await trials.survive({ fault, args: ["backup"], status: 0 }, { alone: false });
      ids.push(idIn(stdout));
    };
    await together([one("two backups at once: one"), one("two backups at once: the other")]);
    const listed = await trials.list();
    expect(
      listed
        .slice(0, 2)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(ids.sort());
    for (const id of ids) expect(await trials.isWhole(id)).toBe(true);
    newest = listed[0]?.id ?? "none";
  });

  it("are two restore tests: both succeed, or one reports that another is running", async () => {
    const restoreTests = await Promise.all(
      [1, 2].map((turn) =>
        trials.run({ args: ["restore-test"] }).then((ended) => {
          trials.note(`two restore tests at once: ${turn}`, ended, newest);
          return ended;
        }),
      ),
    );
    for (const ended of restoreTests) trials.checkOutput(ended);
    expect(restoreTests.map(({ status }) => status)).toContain(0);
    expect(await trials.scratchTables()).toEqual([]);
  });
});

describe("a signal", () => {
  it.each([["SIGTERM" as const], ["SIGINT" as const]])(
    "%s during a backup ends it and aborts its upload",
    async (signal) => {
      let took = 0;
      await fails({
        fault: `${signal} in the middle of a backup`,
        faults: ({ part }) => (part > 0 ? { kind: "delay", by: 2_000 } : undefined),
        status: 1,
        message: new RegExp(`^Stopped by ${signal}\\. Partial results were removed`),
        during: async (command, s3) => {
          await s3.held;
          took = await timeToEnd(command, signal);
        },
      });
      expect(took).toBeLessThan(PROMPTLY);
    },
  );

  it("while S3 does not respond", async () => {
    let took = 0;
    await trials.survive({
      fault: "SIGTERM while S3 says nothing",
      args: ["backup"],
      faults: ({ operation }) => (operation === "list" ? undefined : { kind: "hold" }),
      status: 1,
      message: /^Stopped by SIGTERM while S3 .* did not respond\. The backup was discarded/,
      during: async (command, s3) => {
        await s3.held;
        took = await timeToEnd(command);
      },
    });
    expect(took).toBeLessThan(GRACE_PERIOD);
    expect((await trials.newest())?.id).toBe(newest);
    await trials.takeBackUploads();
  });

  it.each(["restore", "restore-test"])("during a %s changes nothing", async (what) => {
    await stoppedWithoutTrace(`SIGTERM in the middle of a ${what}`, what, PROMPTLY, {
      message: /^Stopped by SIGTERM\. Partial results were removed/,
      during: untilLoading,
    });
  });

  it("during a restore while S3 does not respond changes nothing", async () => {
    await stoppedWithoutTrace("SIGTERM during a restore while S3 says nothing", "restore", GRACE_PERIOD, {
      message: /^Stopped by SIGTERM/,
      faults: ({ operation, key }) =>
        operation === "read" && key.endsWith(".dump") ? { kind: "hold" } : undefined,
      during: (_, s3) => s3.held,
    });
  });

  /** @param within - seconds from the signal to the end */
  async function stoppedWithoutTrace(
    fault: string,
    what: string,
    within: number,
    { during, ...trial }: Pick<Trial, "message" | "faults" | "during">,
  ): Promise<void> {
    const target = await trials.target();
    const before = await trials.contentsOf(target);
    let took = 0;
    await trials.survive({
      ...trial,
      fault,
      args: what === "restore-test" ? ["restore-test"] : restoring(target),
      status: 1,
      during: async (command, s3) => {
        await during?.(command, s3);
        took = await timeToEnd(command);
      },
    });
    expect(took).toBeLessThan(within);
    expect(await trials.contentsOf(target)).toEqual(before);
    expect(await trials.scratchTables()).toEqual([]);
  }

  async function timeToEnd(command: BackupCommand, signal: NodeJS.Signals = "SIGTERM"): Promise<number> {
    const start = performance.now();
    command.signal(signal);
    await Promise.race([command.ended, pause(GRACE_PERIOD * 1000)]);
    command.signal("SIGKILL");
    return (performance.now() - start) / 1000;
  }
});

describe(`SIGKILL at random points (SEED=${SEED})`, () => {
  const random = new Random(SEED);
  const killAfter = (seconds: number) => async (command: BackupCommand) => {
    const over = new AbortController();
    await Promise.race([
      command.ended,
      pause(seconds * 1000, undefined, { signal: over.signal }).catch(() => {}),
    ]);
    over.abort();
    command.signal("SIGKILL");
  };

  it("of a backup, between its dump and its manifest: it is incomplete", async () => {
    await trials.survive({
      fault: "SIGKILL between dump and manifest",
      args: ["backup"],
      faults: ({ key, operation }) =>
        operation === "put" && key.endsWith("manifest.json") ? { kind: "hold" } : undefined,
      status: "SIGKILL",
      during: async (command, s3) => {
        await s3.held;
        command.signal("SIGKILL");
        await command.ended;
      },
    });
    expect((await trials.list())[0]).toMatchObject({ complete: false });
    expect((await trials.newest())?.id).toBe(newest);
  });

  it(`of ${BACKUPS_KILLED} backups: only complete ones are listed as complete`, async () => {
    for (let turn = 1; turn <= BACKUPS_KILLED; turn += 1) {
      const seconds = usual.backup * random.next();
      const ended = await trials.run({ args: ["backup"], during: killAfter(seconds) });
      const found = await trials.newest();
      trials.note(
        `backup killed after ${seconds.toFixed(2)} s (${turn} of ${BACKUPS_KILLED})`,
        ended,
        found?.id ?? "none",
      );
      trials.checkOutput(ended);
      if (found?.id === newest) continue;
      newest = found?.id ?? "none";
      expect(await trials.isWhole(newest)).toBe(true);
    }
    await trials.expectNoSessions();
    await succeeds({ fault: "the next backup" });
    await trials.survive({ fault: "the next restore test", args: ["restore-test"], status: 0 });
    console.log(
      `${await trials.takeBackUploads()} uploads were left in parts; the bucket's lifecycle ends them after days`,
    );
  });

  it(`of ${RESTORES_KILLED} restores: each database is unchanged or completely restored`, async () => {
    const whole = (await trials.contentsOf(SOURCE)).sum;
    for (let turn = 1; turn <= RESTORES_KILLED; turn += 1) {
      const target = await trials.target();
      const before = await trials.contentsOf(target);
      const seconds = usual.restore * random.next();
      const ended = await trials.run({ args: restoring(target), during: killAfter(seconds) });
      trials.checkOutput(ended);
      await trials.expectNoSessions();
      const after = await trials.contentsOf(target);
      trials.note(
        `restore killed after ${seconds.toFixed(2)} s: ${after.sum === whole ? "whole" : "untouched"}`,
        ended,
        newest,
      );
      if (after.sum !== whole) expect(after).toEqual(before);
    }
  });

  it(`of ${RESTORE_TESTS_KILLED} restore tests: nothing remains, and the next one succeeds`, async () => {
    for (let turn = 1; turn <= RESTORE_TESTS_KILLED; turn += 1) {
      const reports = await restoreTestsIn(trials.bucket);
      const seconds = usual.restoreTest * random.next();
      const ended = await trials.run({ args: ["restore-test"], during: killAfter(seconds) });
      trials.note(`restore test killed after ${seconds.toFixed(2)} s`, ended, newest);
      trials.checkOutput(ended);
      await trials.expectNoSessions();
      expect(await trials.scratchTables()).toEqual([]);
      // A report is written at the end, so it is valid even if the process is killed then.
      expect((await restoreTestsIn(trials.bucket)).length - reports.length).toBeLessThanOrEqual(1);
    }
    await trials.survive({ fault: "the next restore test", args: ["restore-test"], status: 0 });
    expect(await trials.newest()).toMatchObject({ id: newest, verifiedAt: expect.any(String) });
  });
});
