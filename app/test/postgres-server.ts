import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { findEmbeddedServer, type User } from "@notejam/embedded-server";
import pg from "pg";

const run = promisify(execFile);

/** Download page of PostgreSQL. */
export const DOWNLOADS = "https://www.postgresql.org/download/";

/** Folder with one subfolder for each PostgreSQL version from the system's packages (Debian's layout). */
/** User id of the unprivileged user of Linux. */
const UNPRIVILEGED_UID = 65_534;
const SYSTEM_FOLDER = "/usr/lib/postgresql";

/** Folder of the newest PostgreSQL of the system's packages that has a server, pg_dump and pg_restore. */
export function findSystemFolder(): string | undefined {
  return newestSystemFolder("initdb", "postgres", "pg_dump", "pg_restore");
}

/**
 * Finds a server's programs: those that npm installed, else the newest of the system's packages.
 *
 * @param folder - folder for a copy of npm's server, if it cannot run in place
 * @returns folder of the programs; undefined when there are none, or this process's user has no name
 */
export function findServer(folder: string): string | undefined {
  if (!isNamedUser()) return undefined;
  return findEmbeddedServer({ folder, user: owner() })?.bin ?? newestSystemFolder("initdb", "postgres");
}

function newestSystemFolder(...programs: readonly string[]): string | undefined {
  const versions = existsSync(SYSTEM_FOLDER) ? readdirSync(SYSTEM_FOLDER) : [];
  return versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => path.join(SYSTEM_FOLDER, version, "bin"))
    .find((folder) => programs.every((name) => existsSync(path.join(folder, name))));
}

/**
 * Returns the user that runs the server if this process runs as root, because PostgreSQL cannot run as root:
 * `postgres`, otherwise the unprivileged user of the system, otherwise the first other user. Undefined: the user of
 * this process.
 */
function owner(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name = "", , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid }) => uid > 0);
  const byName = (wanted: string) => users.find(({ name }) => name === wanted);
  const { uid, gid } = byName("postgres") ??
    users.find(({ uid }) => uid === UNPRIVILEGED_UID) ??
    users[0] ?? { uid: UNPRIVILEGED_UID, gid: UNPRIVILEGED_UID };
  return { uid, gid };
}

/** Returns true if this process's user has an entry in /etc/passwd or the like: `initdb` asks for its name. */
export function isNamedUser(): boolean {
  try {
    userInfo();
    return true;
  } catch {
    return false;
  }
}

/** Makes a folder that a server's user owns. */
function makeFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "notejam-postgres-"));
  const user = owner();
  if (user) chownSync(folder, user.uid, user.gid);
  return folder;
}

/**
 * Returns a port that is free at this moment. It lies below the ports that systems give to outgoing connections (from
 * 32768 on Linux), so that none of those takes it before the test does.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_768);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** A PostgreSQL server in a temporary folder. */
export class PostgresServer {
  readonly port: number;
  readonly folder: string;
  readonly #programs: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string, programs: string) {
    this.port = port;
    this.folder = folder;
    this.#programs = programs;
  }

  /**
   * Creates and starts a server.
   *
   * @param programs - folder of the server's programs; default: what {@link findServer} finds
   * @throws Error when this machine has no PostgreSQL
   */
  static async start(programs?: string): Promise<PostgresServer> {
    const folder = makeFolder();
    const found = programs ?? findServer(folder);
    if (found === undefined) {
      rmSync(folder, { recursive: true });
      throw new Error(`This machine has no PostgreSQL server. Install one: ${DOWNLOADS}`);
    }
    const data = path.join(folder, "data");
    const options = ["-D", data, "-U", "notejam", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"];
    await run(path.join(found, "initdb"), options, { ...owner(), cwd: folder });
    const server = new PostgresServer(await freePort(), folder, found);
    await server.resume();
    return server;
  }

  /** Creates, but does not start, a second server with a copy of a stopped server's files. */
  static async copyOf(stopped: PostgresServer): Promise<PostgresServer> {
    const folder = makeFolder();
    // Unlike Node's own function this keeps the owner.
    await run("cp", ["-a", path.join(stopped.folder, "data"), folder]);
    return new PostgresServer(await freePort(), folder, stopped.#programs);
  }

  /** Id of the server's first process, the parent of all others; 0 while it is stopped. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Address of a database on this server. */
  url(database: string): string {
    return `postgres://notejam@127.0.0.1:${this.port}/${database}`;
  }

  /** Starts the server again after {@link stop} or {@link kill}. */
  async resume(...settings: string[]): Promise<void> {
    const options = [
      ...[
        "-D",
        path.join(this.folder, "data"),
        "-p",
        String(this.port),
        "-h",
        "127.0.0.1",
        "-k",
        this.folder,
      ],
      ...["-F", "-c", "max_connections=200", "-c", "logging_collector=off", "-c", "shared_buffers=64MB"],
      ...settings.flatMap((setting) => ["-c", setting]),
    ];
    this.#process = spawn(path.join(this.#programs, "postgres"), options, {
      ...owner(),
      cwd: this.folder,
      stdio: "ignore",
    });
    await this.#answers();
  }

  async #answers(): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      try {
        await this.query("postgres", "select 1");
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
    throw new Error("PostgreSQL did not start within 5 seconds");
  }

  /** Runs one statement on a separate connection. */
  async query(database: string, text: string): Promise<pg.QueryResult> {
    const client = new pg.Client({ connectionString: this.url(database) });
    client.on("error", () => {});
    await client.connect();
    try {
      return await client.query(text);
    } finally {
      await client.end();
    }
  }

  /** Stops immediately and ends all sessions (57P01), like an administrator. */
  stop(): Promise<void> {
    return this.#end("SIGINT");
  }

  /** Stops like a crash. */
  kill(): Promise<void> {
    return this.#end("SIGQUIT");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (!running || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill(signal);
    await ended;
  }

  /** Stops the server and removes its folder. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
