import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { z } from "zod";
import { parseManifest } from "../src/backup/backup-manifest.js";
import { dumpKeyOf, manifestKeyOf } from "../src/backup/backup-names.js";
import type { ListedBackup } from "../src/backup/commands/list-backups.js";
import { readConfig } from "../src/config.js";
import { migrateDatabase } from "../src/database/migrate.js";
import { BackupWorld } from "../test/backup-world.js";
import { oddNotes, people } from "../test/odd-notes.js";
import { BackupCommand, type CommandEnd } from "./backup-command.js";
import { FailingS3, type Faults } from "./backup-failing-s3.js";
import { buildProgram, type Program } from "./built-app.js";

/** Secrets that must not appear in any output. */
export const SECRETS = {
  password: "canary-of-the-database",
  awsKey: "canary-of-the-account",
  hash: "canary-of-a-password",
  note: "canary in a note",
} as const;

export const LOGIN = "keeper";
/** Database to back up. */
export const SOURCE = "notebook";
/** The scratch database of restore tests. */
export const SCRATCH = `${SOURCE}_restore_test`;
/** Small database that is copied for each restore. */
const TARGET = "target_template";

/** Longest that the server may take to notice that a command has ended, in milliseconds. */
const AFTERLIFE = 10_000;

const NOTES = 3_000;
/** Users with long random names, so that the dump has three parts: md5 sums compress by half. */
const HEAVY_PEOPLE = 12;
const SUMS_PER_PERSON = 80_000;

/** One command under one fault. */
export interface Trial {
  /** Description. */
  readonly fault: string;
  readonly args: readonly string[];
  /** Environment variables that differ. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly faults?: Faults;
  /** Fault that is injected while the command runs. */
  readonly during?: (command: BackupCommand, s3: FailingS3) => Promise<void>;
  /** Expected exit status, or the signal that killed the command. */
  readonly status: number | string;
  /** Expected start and end of the message; undefined: no message. */
  readonly message?: RegExp;
}

/** Line of the report. */
interface Line {
  readonly fault: string;
  readonly status: number | string;
  readonly message: string;
  readonly newest: string;
  readonly seconds: number;
}

/** Database and bucket, with a report of all trials. */
export class BackupTrials {
  readonly world: BackupWorld;
  readonly bucket: string;
  readonly keyArn: string;
  readonly folder: string;
  readonly #program: Program;
  readonly #lines: Line[] = [];
  #made = 0;

  private constructor(world: BackupWorld, program: Program, bucket: string, keyArn: string) {
    this.world = world;
    this.#program = program;
    this.bucket = bucket;
    this.keyArn = keyArn;
    this.folder = mkdtempSync(path.join(tmpdir(), "notejam-trials-"));
  }

  static async start(): Promise<BackupTrials> {
    const [world, program] = await Promise.all([BackupWorld.start(), buildProgram()]);
    const bucket = `backups-${randomBytes(4).toString("hex")}`;
    await world.store.createBucket(bucket);
    const trials = new BackupTrials(world, program, bucket, await createKey(world.store.endpoint));
    await trials.#prepareServer();
    return trials;
  }

  async stop(): Promise<void> {
    await this.world.stop();
    this.#program.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #prepareServer(): Promise<void> {
    const { server } = this.world;
    const rules = path.join(server.folder, "data", "pg_hba.conf");
    writeFileSync(rules, `host all ${LOGIN} all scram-sha-256\n${readFileSync(rules, "utf8")}`);
    await server.query("postgres", "select pg_reload_conf()");
    await server.query("postgres", `create role ${LOGIN} login createdb password '${SECRETS.password}'`);
    for (const database of [SOURCE, TARGET]) {
      await server.query("postgres", `create database ${database} owner ${LOGIN}`);
      await migrateDatabase(readConfig({ DATABASE_URL: this.urlOf(database) }));
      await server.query(database, people("ada@example.com", "bob@example.com"));
      await server.query(database, oddNotes(2, 20));
    }
    await server.query(SOURCE, oddNotes(1, NOTES));
    await server.query(SOURCE, `insert into notes (user_id, name, text) values (1, '1', '${SECRETS.note}')`);
    await server.query(
      SOURCE,
      `insert into users (email, password_hash)
       select person || '@example.com', '${SECRETS.hash}' || string_agg(md5(person || '-' || number), '')
       from generate_series(1, ${HEAVY_PEOPLE}) as person, generate_series(1, ${SUMS_PER_PERSON}) as number group by person`,
    );
  }

  urlOf(database: string): string {
    const url = new URL(this.world.server.url(database));
    url.username = LOGIN;
    url.password = SECRETS.password;
    return url.href;
  }

  /** Runs one command. {@link Trial.faults} affect only its requests. */
  async run(trial: Omit<Trial, "fault" | "status" | "message">): Promise<CommandEnd> {
    const s3 = await FailingS3.open(this.world.store.endpoint, trial.faults);
    const environment = {
      ...this.world.store.environmentFor(this.bucket),
      AWS_SECRET_ACCESS_KEY: SECRETS.awsKey,
      AWS_ENDPOINT_URL: s3.endpoint,
      BACKUP_KEY_ARN: this.keyArn,
      METRICS_ENVIRONMENT: "trial",
      DATABASE_URL: this.urlOf(SOURCE),
      PGBIN: this.world.tools,
      // Commands need no disk space: a folder that cannot be written to.
      TMPDIR: "/nowhere",
      HOME: "/nowhere",
      ...trial.environment,
    };
    try {
      const options = { program: this.#program, environment, folder: trial.folder ?? this.folder };
      const command = new BackupCommand(trial.args, options);
      await trial.during?.(command, s3);
      return await command.ended;
    } finally {
      s3.close();
    }
  }

  /**
   * Runs a command under a fault, and compares its result with the expectations for every command.
   *
   * @param options.alone - whether no other command runs meanwhile, so that no session may be left
   */
  async survive(trial: Trial, { alone = true }: { alone?: boolean } = {}): Promise<CommandEnd> {
    const ended = await this.run(trial);
    const newest = (await this.newest(trial.environment?.BACKUP_BUCKET))?.id ?? "none";
    this.note(trial.fault, ended, newest);
    this.checkOutput(ended);
    expect(ended, ended.output).toMatchObject({ status: trial.status });
    if (trial.message) expect(ended.message).toMatch(trial.message);
    if (alone) await this.expectNoSessions();
    return ended;
  }

  /** Adds a result to the report. */
  note(fault: string, { status, message, seconds }: CommandEnd, newest: string): void {
    this.#lines.push({
      fault,
      status,
      message: status === 1 || status === 2 ? message : "",
      newest,
      seconds,
    });
  }

  /** Aborts incomplete multipart uploads, as the bucket's lifecycle does. @returns their number */
  async takeBackUploads(): Promise<number> {
    const { client } = this.world.store;
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: this.bucket }));
    for (const { Key, UploadId } of Uploads) {
      expect(Key, "the rule is about this prefix").toMatch(/^dumps\//);
      await client.send(new AbortMultipartUploadCommand({ Bucket: this.bucket, Key, UploadId }));
    }
    return Uploads.length;
  }

  /** Checks the rules for the output of every command. */
  checkOutput({ output, message, left }: CommandEnd): void {
    for (const secret of Object.values(SECRETS)) expect(output).not.toContain(secret);
    expect(output, "a stack trace").not.toMatch(/\n\s+at /);
    expect(message.length, `a message is read by people: ${message}`).toBeLessThan(800);
    expect(left, "programs left behind").toEqual([]);
  }

  /** No session of a command that has ended is left on the server. */
  async expectNoSessions(): Promise<void> {
    const sessions = async () =>
      (
        await this.world.server.query(
          "postgres",
          `select application_name, state, query from pg_stat_activity where usename = '${LOGIN}'`,
        )
      ).rows;
    const until = performance.now() + AFTERLIFE;
    while ((await sessions()).length > 0 && performance.now() < until) await pause(50);
    expect(await sessions()).toEqual([]);
  }

  /** The backups, as a command lists them that meets no fault. */
  async list(bucket = this.bucket): Promise<ListedBackup[]> {
    const { status, stdout, output } = await this.run({
      args: ["backups", "--json"],
      environment: { BACKUP_BUCKET: bucket },
    });
    expect(status, output).toBe(0);
    return JSON.parse(stdout);
  }

  /** Returns the newest complete backup; undefined without one, or without a bucket. */
  async newest(bucket = this.bucket): Promise<ListedBackup | undefined> {
    if (!(await this.world.store.keys(bucket).catch(() => undefined))) return undefined;
    return (await this.list(bucket)).find(({ complete }) => complete);
  }

  /** Returns true if a dump matches its manifest, without using the program. */
  async isWhole(id: string, bucket = this.bucket): Promise<boolean> {
    const { store } = this.world;
    const { dump } = parseManifest(String(await store.read(bucket, manifestKeyOf(id))), id);
    const stored = await store.read(bucket, dumpKeyOf(id));
    return stored.length === dump.bytes && createHash("sha256").update(stored).digest("hex") === dump.sha256;
  }

  /** Creates a bucket with copies of some backups, with other version ids, as a replica in another region has. */
  async copyOf(...ids: readonly string[]): Promise<string> {
    const { store } = this.world;
    const copy = `copies-${randomBytes(4).toString("hex")}`;
    await store.createBucket(copy);
    for (const key of ids.flatMap((id) => [dumpKeyOf(id), manifestKeyOf(id)])) {
      await store.write(copy, key, await store.read(this.bucket, key));
    }
    return copy;
  }

  /** A new database with a few notes, in which a restore finds something to lose. @param place - `tablespace …` */
  async target(place = ""): Promise<string> {
    this.#made += 1;
    const name = `target_${this.#made}`;
    await this.world.server.query(
      "postgres",
      `create database ${name} template ${TARGET} owner ${LOGIN} ${place}`,
    );
    return name;
  }

  async hasDatabase(name: string): Promise<boolean> {
    const { rows } = await this.world.server.query(
      "postgres",
      `select 1 from pg_database where datname = '${name}'`,
    );
    return rows.length > 0;
  }

  /** Checksum of a database over all rows and the names of its schemas. */
  async contentsOf(database: string): Promise<{ sum: string; schemas: string }> {
    const { rows } = await this.world.server.query(
      database,
      `select md5(string_agg(row, ',' order by row collate "C")) as sum,
         (select string_agg(nspname, ' ' order by nspname) from pg_namespace where nspname !~ '^(pg_|information_)') as schemas
       from (select md5(users::text) as row from users union all select pads::text from pads
         union all select notes::text from notes) as rows`,
    );
    return { sum: String(rows[0]?.sum), schemas: String(rows[0]?.schemas) };
  }

  /** Tables in the scratch database, which are none but during a restore test. */
  async scratchTables(): Promise<unknown[]> {
    if (!(await this.hasDatabase(SCRATCH))) return [];
    const { rows } = await this.world.server.query(
      SCRATCH,
      "select schemaname, tablename from pg_tables where schemaname !~ '^(pg_|information_)'",
    );
    return rows;
  }

  /** Prints all trials with their results. */
  tell(): void {
    const rows = this.#lines.map(({ fault, status, message, newest, seconds }) =>
      [fault, status, newest, seconds.toFixed(1), message].join(" | "),
    );
    console.log(["fault | exit status | newest valid backup | seconds | message", ...rows].join("\n"));
  }
}

const createdKey = z.object({ KeyMetadata: z.object({ Arn: z.string() }) });

async function createKey(endpoint: string): Promise<string> {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "TrentService.CreateKey",
      authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/kms/aws4_request",
    },
    body: "{}",
  });
  return createdKey.parse(await answer.json()).KeyMetadata.Arn;
}
