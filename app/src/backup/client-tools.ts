import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { promisify } from "node:util";
import pg from "pg";
import type { ServerConfig } from "../config.js";
import { BackupError, reasonOf } from "./backup-error.js";
import type { Manifest } from "./backup-manifest.js";

/** Programs of PostgreSQL. */
type Tool = "pg_dump" | "pg_restore";

/** Detects a vanished server after about one minute instead of two hours. */
const KEEP_ALIVES = "keepalives_idle=20 keepalives_interval=10 keepalives_count=4 connect_timeout=30";
/** Time that pg_dump waits for a table that is locked by a migration. */
const LOCK_TIMEOUT = "60s";
/** Maximum length of a program's messages, in characters. */
const MAX_MESSAGES = 4_000;

/** Options of a dump. */
export interface DumpOptions {
  /** Name of a snapshot exported by another session. */
  readonly snapshot: string;
  readonly withoutRows: readonly string[];
  /** Schemas that do not belong to the application. */
  readonly withoutSchemas: readonly string[];
}

/** Version of a PostgreSQL program or server. */
export interface PostgresVersion {
  readonly text: string;
  readonly major: number;
}

/** Parses `17.5 (Debian 17.5-1)` or `18beta1`. */
export function readVersion(text: string): PostgresVersion {
  const [version = "", major = "0"] = /(\d+)[^\s]*/.exec(text) ?? [];
  return { text: version, major: Number(major) };
}

/** Runs pg_dump and pg_restore. */
export class ClientTools {
  readonly #folder: string | undefined;

  /** @param folder - folder of the programs; undefined: they are on the PATH */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  #pathOf(tool: Tool): string {
    return this.#folder ? path.join(this.#folder, tool) : tool;
  }

  /** Returns the version of a program. @throws {BackupError} if it cannot be run */
  async versionOf(tool: Tool): Promise<PostgresVersion> {
    try {
      const { stdout } = await promisify(execFile)(this.#pathOf(tool), ["--version"]);
      return readVersion(stdout);
    } catch (error) {
      throw new BackupError(
        `${this.#pathOf(tool)} cannot be run: ${reasonOf(error)}. Use the image whose tag ends in -tools, or install the PostgreSQL client programs and set PGBIN to their folder.`,
        { cause: error, exitStatus: 2 },
      );
    }
  }

  /** Checks that pg_restore can read a dump. @throws {BackupError} if it is missing or too old */
  async requireRestoreFor({ id, clientVersion }: Manifest): Promise<void> {
    const { text, major } = await this.versionOf("pg_restore");
    if (major >= readVersion(clientVersion).major) return;
    throw new BackupError(
      `The backup ${id} was made by pg_dump ${clientVersion}, which pg_restore ${text} cannot read. Use client programs of that version or newer: the image whose tag ends in -tools, or PGBIN.`,
      { exitStatus: 2 },
    );
  }

  /** Runs pg_dump. The last chunk is yielded only after pg_dump succeeded. */
  dump(server: ServerConfig, options: DumpOptions, signal: AbortSignal): AsyncGenerator<Buffer> {
    const child = spawn(
      this.#pathOf("pg_dump"),
      [
        "--format=custom",
        "--no-password",
        `--snapshot=${options.snapshot}`,
        `--lock-wait-timeout=${LOCK_TIMEOUT}`,
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
   * Runs pg_restore and returns its SQL script. Reads the whole dump, even if pg_restore fails early, so that the
   * checksum can be verified.
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
    // pg_restore reports why it failed.
    child.stdin.on("error", () => {});
    const stopped = new AbortController();
    const fed = feed(dump, child.stdin, stopped.signal);
    // Awaited by the reader of the script. Until then it must not be an unhandled rejection.
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

/** A running pg_restore. */
export interface RunningScript {
  readonly text: AsyncGenerator<Buffer>;
  /** Resolves when the whole dump has been read. Rejects if it could not be read. */
  readonly fed: Promise<void>;
  /** Kills pg_restore and continues to read the dump. */
  abandon(): void;
  /** Kills pg_restore and stops reading the dump. */
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
    // Not an argument, because all users of a machine can read arguments.
    PGPASSWORD: password(),
    PGAPPNAME: "notejam backup",
    PGCLIENTENCODING: "UTF8",
    ...(tls ? { PGSSLMODE: "verify-full", PGSSLROOTCERT: tls.caFile ?? "system" } : { PGSSLMODE: "disable" }),
  };
}

/** Writes a dump to a program with backpressure. After the program closed its input, the dump is only read. */
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
    // The input was closed.
  } finally {
    over.abort();
  }
}

type Running = ChildProcessByStdio<Writable | null, Readable, Readable>;

/** Yields a program's output and throws unless the program succeeds. Its messages are collected from the start. */
function outputOf(child: Running, tool: Tool): AsyncGenerator<Buffer> {
  let messages = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    messages = (messages + text).slice(-MAX_MESSAGES);
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(reasonOf(error)));
    child.once("close", (code, signal) =>
      resolve(code === 0 ? undefined : (signal ?? `exit status ${code}`)),
    );
  });
  // Node discards the unread output of a program that has ended.
  const output = child.stdout.pipe(new PassThrough());
  child.once("error", () => output.end());
  return readToEnd(child, output, async (wroteNothing) => {
    const failure = (await ended) ?? (wroteNothing ? "it wrote nothing" : undefined);
    if (failure === undefined) return;
    throw new BackupError(
      `${tool} failed (${failure}): ${inOneLine(messages) || "no message"}. The backup was discarded. Fix the cause and run the command again.`,
    );
  });
}

async function* readToEnd(
  child: Running,
  output: Readable,
  throwIfFailed: (wroteNothing: boolean) => Promise<void>,
): AsyncGenerator<Buffer> {
  try {
    let wroteNothing = true;
    for await (const chunk of output) {
      wroteNothing = false;
      yield chunk;
    }
    await throwIfFailed(wroteNothing);
  } finally {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  }
}

function inOneLine(messages: string): string {
  return messages
    .trim()
    .replaceAll(/\s*\n\s*/g, " / ")
    .replace(/\.$/, "");
}
