import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { findEmbeddedServer } from "@notejam/embedded-server";
import { execa } from "execa";
import { DEFAULT_ENGINE_VERSION } from "../../config/schema/database.js";
import { UserError } from "../../user-error.js";

/** Folders of PostgreSQL packages: parent folder, pattern of a version's folder, and folder of its programs. */
const PLACES: readonly (readonly [folder: string, entry: RegExp, programs: string])[] = [
  ["/usr/lib/postgresql", /^\d+$/, "bin"],
  ["/usr", /^pgsql-\d+$/, "bin"],
  ["/opt/homebrew/opt", /^postgresql@\d+$/, "bin"],
  ["/usr/local/opt", /^postgresql@\d+$/, "bin"],
  ["/Applications/Postgres.app/Contents/Versions", /^\d+$/, "bin"],
];

/** PostgreSQL server with its client programs. */
export interface PostgresInstallation {
  /** Folder of `initdb` and `postgres`. */
  readonly bin: string;
  /** Such as `17.9`. */
  readonly version: string;
  readonly major: number;
  /** Folder of `pg_dump` and `pg_restore` that are not older than the server; undefined without them: no backups. */
  readonly tools: string | undefined;
}

export interface FindPostgresProps {
  /**
   * Folder for a copy of the server that npm installed. Used only when that server does not run in place.
   *
   * @default a folder for temporary files
   */
  readonly copies?: string;
  /** Major version that wrote the existing data. Other versions cannot read it. @default there is no data */
  readonly keptMajor?: number | undefined;
  /**
   * Major version that runs in AWS.
   *
   * @default the default of environments
   */
  readonly wantedMajor?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Finds PostgreSQL: the folder in `NOTEJAM_POSTGRES_BIN`, else the system's packages and the PATH, else the server that npm
 * installed with this project. That server has no `pg_dump` and may have to be copied before it runs. An installation
 * with client programs is preferred, then the version that AWS runs.
 *
 * @throws UserError if there is none, or none that can read the existing data
 */
export async function findPostgres({
  copies = join(tmpdir(), "notejam-postgresql"),
  keptMajor,
  wantedMajor = Number.parseInt(DEFAULT_ENGINE_VERSION, 10),
  env = process.env,
}: FindPostgresProps = {}): Promise<PostgresInstallation> {
  const usable = ({ major }: PostgresInstallation) => keptMajor === undefined || major === keptMajor;
  const rank = ({ major, tools }: PostgresInstallation) =>
    (tools === undefined ? 0 : 1000) + (major === wantedMajor ? 500 : major);
  const folders = foldersToLookIn(env);
  let installations = await installationsIn(folders);
  if (!installations.some(usable) && !env.NOTEJAM_POSTGRES_BIN) {
    installations = await installationsIn([...folders, ...installedByNpm(copies)]);
  }
  const [best] = installations.filter(usable).sort((a, b) => rank(b) - rank(a));
  if (best !== undefined) {
    if (process.getuid?.() === 0 && !(await canChangeUser())) throw rootError();
    return best;
  }
  if (installations.length > 0) {
    throw new UserError(
      `The stored notes were written by PostgreSQL ${keptMajor}, and this machine has only ${installations.map(({ version }) => version).join(", ")}.`,
      {
        hint: `Install PostgreSQL ${keptMajor}, set NOTEJAM_POSTGRES_BIN to the folder of its programs, or start over with --fresh.`,
      },
    );
  }
  const { NOTEJAM_POSTGRES_BIN: configured } = env;
  if (configured) {
    throw new UserError(
      `PostgreSQL was not found: NOTEJAM_POSTGRES_BIN names ${configured}, which contains no working postgres and initdb.`,
      { hint: "Correct or unset NOTEJAM_POSTGRES_BIN." },
    );
  }
  throw new UserError(
    "PostgreSQL was not found: neither a server on this machine nor the one from npm works.",
    { hint: "Install PostgreSQL, or set NOTEJAM_POSTGRES_BIN to the folder of its programs." },
  );
}

/** Returns true if setpriv is installed, with which root runs PostgreSQL as another user (Linux only). */
async function canChangeUser(): Promise<boolean> {
  const { failed } = await execa("setpriv", ["--version"], PROBE);
  return !failed;
}

function rootError(): UserError {
  return new UserError(
    "PostgreSQL refuses to run as root. setpriv, which runs it as another user, was not found.",
    { hint: "Run npm start as an ordinary user, or install setpriv (util-linux)." },
  );
}

async function installationsIn(folders: readonly string[]): Promise<PostgresInstallation[]> {
  const tools = await versionsOf(folders, "pg_dump", "pg_restore");
  const servers = await versionsOf(folders, "postgres", "initdb");
  return servers.map((server) => ({ ...server, tools: toolsFor(server, tools) }));
}

function foldersToLookIn(env: NodeJS.ProcessEnv): string[] {
  if (env.NOTEJAM_POSTGRES_BIN) return [env.NOTEJAM_POSTGRES_BIN];
  const packaged = PLACES.flatMap(([folder, entry, programs]) =>
    entriesOf(folder)
      .filter((name) => entry.test(name))
      .map((name) => join(folder, name, programs)),
  );
  return [...packaged, ...(env.PATH ?? "").split(delimiter)];
}

function entriesOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function installedByNpm(copies: string): string[] {
  const server = findEmbeddedServer({ folder: copies });
  return server === undefined ? [] : [server.bin];
}

/** Options for `<program> --version`. */
const PROBE = { reject: false, stdin: "ignore", timeout: 10_000, killSignal: "SIGKILL" } as const;

interface Found {
  readonly bin: string;
  readonly version: string;
  readonly major: number;
}

/** Returns the folders that contain all of the programs, with the version of the first one. */
async function versionsOf(folders: readonly string[], ...programs: readonly string[]): Promise<Found[]> {
  const complete = folders.filter((folder) => programs.every((name) => existsSync(join(folder, name))));
  const found = await Promise.all(complete.map((bin) => versionOf(bin, programs[0] ?? "")));
  return found.filter((each) => each !== undefined);
}

async function versionOf(bin: string, program: string): Promise<Found | undefined> {
  const { stdout } = await execa(join(bin, program), ["--version"], PROBE);
  const [, version, major] = /\(PostgreSQL\) ((\d+)[.\w]*)/.exec(stdout ?? "") ?? [];
  return version === undefined ? undefined : { bin, version, major: Number(major) };
}

/** Returns the folder of client programs of the server's version or newer. */
function toolsFor(server: Found, tools: readonly Found[]): string | undefined {
  const usable = tools.filter(({ major }) => major >= server.major);
  return (usable.find(({ bin }) => bin === server.bin) ?? usable[0])?.bin;
}
