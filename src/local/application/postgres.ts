import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "@notejam/emulator/ports";
import { execa } from "execa";
import { UserError } from "../../user-error.js";
import { readIfThere } from "../state-folder.js";
import type { PostgresInstallation } from "./find-postgres.js";
import { GuardedProgram } from "./guarded-program.js";

/** A cold start takes 0.25 s; after a crash or on a busy machine a multiple of it. */
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 25;
/** Another program may take a free port before PostgreSQL listens on it. */
const ATTEMPTS_AT_A_PORT = 3;

/** User and group id of the system's unprivileged user, used if there is no user `postgres`. */
const UNPRIVILEGED = { uid: 65_534, gid: 65_534 };

export interface PostgresProps {
  readonly installation: PostgresInstallation;
  /** Folder of the database. */
  readonly folder: string;
  readonly logFile: string;
  readonly signal: AbortSignal;
}

/** Master user and first database, which RDS creates with a cluster. */
export interface MasterLogin {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/**
 * PostgreSQL server that replaces Aurora. Its contents are kept. It listens only on the loopback interface and always
 * requires a password.
 */
export class Postgres {
  private readonly props: PostgresProps;
  private readonly data: string;
  private server: GuardedProgram | undefined;
  private listensOn = 0;

  constructor(props: PostgresProps) {
    this.props = props;
    this.data = dataFolder(props.folder);
  }

  get port(): number {
    return this.listensOn;
  }

  /** Resolves with the exit status when the server has ended; undefined before it was started. */
  get ended(): Promise<number> | undefined {
    return this.server?.ended;
  }

  /** Creates the files of an empty server, unless they exist. */
  async prepare(): Promise<void> {
    if (existsSync(this.data)) return this.untilOldServerEnded();
    const { folder, installation, logFile, signal } = this.props;
    // Renamed when complete. A killed run leaves a draft.
    const draft = join(folder, "draft");
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true, mode: 0o700 });
    const owner = ownerForRoot();
    if (owner !== undefined) chownSync(draft, owner.uid, owner.gid);
    const options = ["-D", draft, "-U", "postgres", "--auth-host=scram-sha-256", "--auth-local=reject"];
    const initdb = this.start("initdb", join(installation.bin, "initdb"), [
      ...options,
      ...["-E", "UTF8", "--locale=C", "--no-instructions"],
    ]);
    const status = await initdb.finish(signal);
    if (status !== 0) throw failed("PostgreSQL cannot create its files", folder, logFile, initdb);
    renameSync(draft, this.data);
  }

  /**
   * Creates the master user (not a superuser, as in RDS) and the first database, or sets the user's current password. Runs in
   * single-user mode while the server is stopped, which needs no login.
   *
   * @see https://www.postgresql.org/docs/17/app-postgres.html
   */
  async provision({ user, password, database }: MasterLogin): Promise<void> {
    const { installation, folder } = this.props;
    const role = identifier(user);
    const statements = [
      `create role ${role}`,
      `alter role ${role} login createrole createdb password ${literal(password)}`,
      `create database ${identifier(database)} owner ${role}`,
    ];
    // Keep statements out of errors: one of them contains the password.
    const options = ["--single", "-j", "-D", this.data, "-c", "log_min_error_statement=panic", "postgres"];
    const [program, ...args] = asAllowedUser(join(installation.bin, "postgres"), options);
    const { stderr, failed } = await execa(program, args, {
      cwd: folder,
      env: environment(),
      extendEnv: false,
      input: statements.map((statement) => `${statement};\n\n`).join(""),
      reject: false,
      // The terminal's Ctrl-C must not end it. It takes less than a second.
      detached: true,
    });
    const errors = stderr
      .split("\n")
      .filter((line) => /(ERROR|FATAL|PANIC): /.test(line))
      .filter((line) => !line.endsWith("already exists"));
    if (failed || errors.length > 0) {
      throw new UserError(
        `PostgreSQL cannot create the master user in ${folder}: ${errors.at(-1) ?? "it printed no reason"}.`,
        { hint: "Start over with --fresh, which deletes the stored notes." },
      );
    }
  }

  /** Starts the server and waits until it accepts connections. */
  async listen(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.listensOn = await freePort();
      const server = this.launch();
      this.server = server;
      if (await this.acceptsConnections(server)) return;
      if (attempt === ATTEMPTS_AT_A_PORT || !/could not bind|in use/i.test(server.output)) {
        throw failed("PostgreSQL ended while starting", this.props.folder, this.props.logFile, server);
      }
    }
  }

  /** Closes the connections and stops the server. */
  async stop(): Promise<void> {
    await this.server?.stop();
  }

  private launch(): GuardedProgram {
    const settings = [
      "max_connections=100",
      "shared_buffers=64MB",
      "unix_socket_directories=",
      "logging_collector=off",
      "log_min_error_statement=panic",
      // User names are secrets too, and process titles are public.
      "update_process_title=off",
    ];
    const program = join(this.props.installation.bin, "postgres");
    return this.start("PostgreSQL", program, [
      ...["-D", this.data, "-h", "127.0.0.1", "-p", String(this.listensOn)],
      ...settings.flatMap((setting) => ["-c", setting]),
    ]);
  }

  private start(name: string, file: string, options: readonly string[]): GuardedProgram {
    const { folder, logFile } = this.props;
    const [program, ...args] = asAllowedUser(file, options);
    // SIGINT is PostgreSQL's fast shutdown, which does not wait for clients.
    return new GuardedProgram({
      name,
      program,
      args,
      env: environment(),
      cwd: folder,
      logFile,
      endSignal: "SIGINT",
    });
  }

  private async acceptsConnections(server: GuardedProgram): Promise<boolean> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!server.hasEnded && Date.now() < deadline) {
      this.props.signal.throwIfAborted();
      if (/^ready/m.test(readIfThere(this.pidFile) ?? "")) return true;
      await delay(POLL_MS);
    }
    await server.stop();
    return false;
  }

  private get pidFile(): string {
    return join(this.data, "postmaster.pid");
  }

  /** Waits for the server of a killed run, which its guard stops. */
  private async untilOldServerEnded(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const pid = Number(readIfThere(this.pidFile)?.split("\n")[0]);
      if (!(pid > 0) || !serves(pid, this.data)) return;
      this.props.signal.throwIfAborted();
      if (Date.now() > deadline) {
        throw new UserError(`A PostgreSQL of an earlier run (process ${pid}) still uses ${this.data}.`, {
          hint: `Stop it with kill -INT ${pid}, then run npm start again.`,
        });
      }
      await delay(POLL_MS);
    }
  }
}

function dataFolder(folder: string): string {
  return join(folder, "data");
}

/** Returns the major version that wrote the data in a folder; undefined without data. */
export function keptMajor(folder: string): number | undefined {
  const version = Number(readIfThere(join(dataFolder(folder), "PG_VERSION")));
  return version > 0 ? version : undefined;
}

/** Returns whether a process is the server of a folder, and not another one with the same pid. */
function serves(pid: number, data: string): boolean {
  try {
    process.kill(pid, 0);
    return existsSync("/proc") ? readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(data) : true;
  } catch {
    return false;
  }
}

function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? "", LC_ALL: "C", TZ: "UTC" };
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Returns the user for PostgreSQL if this process runs as root, which PostgreSQL rejects; else undefined. */
function ownerForRoot(): typeof UNPRIVILEGED | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readIfThere("/etc/passwd")
    ?.split("\n")
    .find((each) => each.startsWith("postgres:"));
  const [, , uid = UNPRIVILEGED.uid, gid = UNPRIVILEGED.gid] = line?.split(":") ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * Returns a command line that PostgreSQL accepts. For root it changes the user, and keeps only the capability to open all
 * files: that user may be unable to read the state folder and the programs.
 */
function asAllowedUser(program: string, args: readonly string[]): [string, ...string[]] {
  const owner = ownerForRoot();
  if (owner === undefined) return [program, ...args];
  const capabilities = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
  return [
    "setpriv",
    ...[`--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups", ...capabilities],
    program,
    ...args,
  ];
}

function failed(what: string, folder: string, logFile: string, program: GuardedProgram): UserError {
  const { output, lastLines } = program;
  if (/No space left on device/.test(output)) {
    return new UserError(`${what}: the disk of ${folder} is full.`, {
      hint: "Free some space there, then run the same command again.",
    });
  }
  if (/setpriv/.test(output) || (/ENOENT/.test(output) && process.getuid?.() === 0)) {
    return new UserError(
      "PostgreSQL refuses to run as root, and setpriv, which changes the user, does not work here.",
      { hint: "Run npm start as an ordinary user; --no-app leaves the application out." },
    );
  }
  return new UserError(`${what}. End of its log (${logFile}):\n${lastLines}\n`);
}
