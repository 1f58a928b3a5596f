import { randomBytes } from "node:crypto";
import pg from "pg";
import type { BackupContext } from "../src/backup/commands/backup.js";
import { backups, type ListedBackup } from "../src/backup/commands/list-backups.js";
import { type Config, readConfig } from "../src/config.js";
import { migrateDatabase } from "../src/database/migrate.js";
import { ObjectStore } from "./object-store.js";
import { findSystemFolder, PostgresServer } from "./postgres-server.js";

/** A PostgreSQL server and an emulated S3, and the configuration for both. */
export class BackupWorld {
  readonly server: PostgresServer;
  readonly store: ObjectStore;
  /** Folder of pg_dump and pg_restore. */
  readonly tools: string;
  /** Standard output of the commands, by line. */
  readonly said: string[] = [];
  /** Standard error of the commands. */
  stderr = "";
  #made = 0;

  private constructor(server: PostgresServer, store: ObjectStore, tools: string) {
    this.server = server;
    this.store = store;
    this.tools = tools;
  }

  static async start(): Promise<BackupWorld> {
    const tools = findSystemFolder();
    if (tools === undefined) throw new Error("This machine has no PostgreSQL with pg_dump");
    const server = await PostgresServer.start(tools);
    return new BackupWorld(server, await ObjectStore.start(), tools);
  }

  async stop(): Promise<void> {
    await this.store.stop();
    await this.server.remove();
  }

  /**
   * Creates a database with the tables of Notejam, and a bucket. @returns the environment of a program that uses them
   */
  async environment(): Promise<Record<string, string>> {
    this.#made += 1;
    const name = `notejam${this.#made}`;
    const bucket = `backups-${this.#made}-${randomBytes(4).toString("hex")}`;
    await this.server.query("postgres", `create database ${name}`);
    await this.store.createBucket(bucket);
    const environment = {
      ...this.store.environmentFor(bucket),
      DATABASE_URL: this.server.url(name),
      PGBIN: this.tools,
    };
    await migrateDatabase(readConfig(environment));
    return environment;
  }

  /** Context of a command. The SDK reads parts of it from the environment of this process. */
  context(environment: Record<string, string>, changes: Partial<BackupContext> = {}): BackupContext {
    for (const [name, value] of Object.entries(environment))
      if (name.startsWith("AWS_")) process.env[name] = value;
    this.said.length = 0;
    this.stderr = "";
    return {
      config: readConfig(environment),
      say: (text) => this.said.push(text),
      stderr: {
        write: (text) => {
          this.stderr += text;
        },
      },
      signal: new AbortController().signal,
      ...changes,
    };
  }

  /** The backups as `notejam backups --json` lists them. */
  async list(context: BackupContext): Promise<ListedBackup[]> {
    const lines: string[] = [];
    await backups({ config: context.config, say: (text) => lines.push(text) }, { json: true });
    return JSON.parse(lines.join("\n"));
  }
}

/** Runs a statement in the database of a configuration. */
export async function ask(
  config: Config,
  text: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  if (config.database.kind !== "server") throw new Error("no server");
  const { host, port, user, database } = config.database;
  const client = new pg.Client({ host, port, user, database });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}
