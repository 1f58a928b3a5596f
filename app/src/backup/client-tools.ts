import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { promisify } from "node:util";
import pg from "pg";
import type { ServerConfig } from "../config.js";
import { BackupError, reasonOf } from "./backup-error.js";
import type { Manifest } from "./backup-manifest.js";

/** PostgreSQL's programs that this uses. */
type Tool = "pg_dump" | "pg_restore";

/** A server that vanished without a word is noticed after about a minute, instead of two hours. */
const KEEP_ALIVES = "keepalives_idle=20 keepalives_interval=10 keepalives_count=4 connect_timeout=30";
/** Longest that pg_dump waits for a table that a migration holds. */
const LOCK_WAIT = "60s";
/** As much of a program's complaints as is kept, in characters. */
const COMPLAINTS = 4_000;

/** What a dump is made of. */
export interface DumpOptions {
  /** The snapshot that another session exported. */
  readonly snapshot: string;
  readonly withoutRows: readonly string[];
  /** Schemas that are none of the application's. */
  readonly withoutSchemas: readonly string[];
}

/** Version of a PostgreSQL program or server. */
export interface PostgresVersion {
  readonly text: string;
  readonly major: number;
}

/** Reads `17.5 (Debian 17.5-1)` or `18beta1`. */
export function readVersion(text: string): PostgresVersion {
  const [version = "", major = "0"] = /(\d+)[^\s]*/.exec(text) ?? [];
  return { text: version, major: Number(major) };
}

/** pg_dump and pg_restore. */
export class ClientTools {
  readonly #folder: string | undefined;

  /** @param folder - where they are; undefined: on the path */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  #pathOf(tool: Tool): string {
    return this.#folder ? path.join(this.#folder, tool) : tool;
  }

  /** Asks a program for its version. @throws {BackupError} when it is not there */
  async versionOf(tool: Tool): Promise<PostgresVersion> {
    try {
      const { stdout } = await promisify(execFile)(this.#pathOf(tool), ["--version"]);
      return readVersion(stdout);
    } catch (error) {
      throw new BackupError(
        `${this.#pathOf(tool)} cannot be run: ${reasonOf(error)}. Use the image whose tag ends in -tools, or install PostgreSQL's client programs and set PGBIN to their folder.`,
        { cause: error, exitStatus: 2 },
      );
    }
  }

  /** Makes sure that pg_restore can read a dump. @throws {BackupError} when it is not there or too old */
  async needRestoreFor({ id, clientVersion }: Manifest): Promise<void> {
    const { text, major } = await this.versionOf("pg_restore");
    if (major >= readVersion(clientVersion).major) return;
    throw new BackupError(
      `The backup ${id} was made by pg_dump ${clientVersion}, which pg_restore ${text} cannot read. Use client programs of that version or newer: the image whose tag ends in -tools, or PGBIN.`,
      { exitStatus: 2 },
    );
  }

  /** Runs pg_dump. The last of its output comes only after it has ended well. */
  dump(server: ServerConfig, options: DumpOptions, signal: AbortSignal): AsyncGenerator<Buffer> {
    const child = spawn(
      this.#pathOf("pg_dump"),
      [
        "--format=custom",
        "--no-password",
        `--snapshot=${options.snapshot}`,
        `--lock-wait-timeout=${LOCK_WAIT}`,
        ...options.withoutRows.map((table) => `--exclude-table-data=public.${table}`),
        ...options.withoutSchemas.map((schema) => `--exclude-schema=${pg.escapeIdentifier(schema)}`),
        "--no-blobs",
        `--dbname=${KEEP_ALIVES}`,
      ],
      { stdio: ["ignore", "pipe", "pipe"], env: environmentFor(server), signal, killSignal: "SIGKILL" },
    );
    return outputOf(child, "pg_dump");
  }

  /**
   * Runs pg_restore over a dump and gives the script of its rows. Reads the whole dump, also when pg_restore gives up
   * in between, so that its checksum is known.
   */
  script(dump: AsyncIterable<Uint8Array>, tables: readonly string[] = []): RunningScript {
    const child = spawn(
      this.#pathOf("pg_restore"),
      ["--data-only", ...tables.map((table) => `--table=${table}`), "--file=-"],
      {
        stdio: ["pipe", "pipe", "pipe"],
        env: { PATH: process.env.PATH, LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH },
      },
    );
    // pg_restore that gave up says why itself.
    child.stdin.on("error", () => {});
    const stopped = new AbortController();
    const fed = feed(dump, child.stdin, stopped.signal);
    // Awaited by whoever reads the script; until then a failure is no unhandled one.
    fed.catch(() => child.kill("SIGKILL"));
    return {
      text: outputOf(child, "pg_restore"),
      fed,
      abandon: () => child.kill("SIGKILL"),
      stop: () => {
        stopped.abort();
        child.kill("SIGKILL");
      },
    };
  }
}

/** pg_restore at work. */
export interface RunningScript {
  readonly text: AsyncGenerator<Buffer>;
  /** Settles when the dump has been read to its end; fails when it could not be. */
  readonly fed: Promise<void>;
  /** Ends pg_restore; the rest of the dump is still read. */
  abandon(): void;
  /** Ends pg_restore and reads no more of the dump. */
  stop(): void;
}

function environmentFor({ host, port, user, database, password, tls }: ServerConfig): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH,
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGDATABASE: database,
    // Not an argument: everyone on the machine can read those.
    PGPASSWORD: password(),
    PGAPPNAME: "notejam backup",
    PGCLIENTENCODING: "UTF8",
    ...(tls ? { PGSSLMODE: "verify-full", PGSSLROOTCERT: tls.caFile ?? "system" } : { PGSSLMODE: "disable" }),
  };
}

/** Hands a dump on as fast as it is taken; once nobody takes it any more it is only read. */
async function feed(dump: AsyncIterable<Uint8Array>, stdin: Writable, stopped: AbortSignal): Promise<void> {
  for await (const chunk of dump) {
    if (stopped.aborted) return;
    if (stdin.destroyed || stdin.write(chunk) || stdin.destroyed) continue;
    await roomIn(stdin);
  }
  stdin.end();
}

async function roomIn(stdin: Writable): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  try {
    await Promise.race([once(stdin, "drain", { signal }), once(stdin, "close", { signal })]);
  } catch {
    // It is closed: nobody takes any more.
  } finally {
    over.abort();
  }
}

type Running = ChildProcessByStdio<Writable | null, Readable, Readable>;

/** A program's output, which fails unless the program ends well. What it says is kept from the start on, also unread. */
function outputOf(child: Running, tool: Tool): AsyncGenerator<Buffer> {
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-COMPLAINTS);
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(reasonOf(error)));
    child.once("close", (code, signal) =>
      resolve(code === 0 ? undefined : (signal ?? `exit status ${code}`)),
    );
  });
  // Node throws away what a program that has ended wrote to an output that nobody has touched yet.
  const output = child.stdout.pipe(new PassThrough());
  child.once("error", () => output.end());
  return readToEnd(child, output, async (wroteNothing) => {
    const failure = (await ended) ?? (wroteNothing ? "it wrote nothing" : undefined);
    if (failure === undefined) return;
    throw new BackupError(
      `${tool} failed (${failure}): ${inOneLine(complaints) || "it did not say why"}. Nothing of it counts; run it again when that is settled.`,
    );
  });
}

async function* readToEnd(
  child: Running,
  output: Readable,
  refuseFailure: (wroteNothing: boolean) => Promise<void>,
): AsyncGenerator<Buffer> {
  try {
    let wroteNothing = true;
    for await (const chunk of output) {
      wroteNothing = false;
      yield chunk;
    }
    await refuseFailure(wroteNothing);
  } finally {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  }
}

function inOneLine(complaints: string): string {
  return complaints
    .trim()
    .replaceAll(/\s*\n\s*/g, " / ")
    .replace(/\.$/, "");
}
