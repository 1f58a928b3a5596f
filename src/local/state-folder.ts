import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { errorCode } from "../error-text.js";
import { homeFolder } from "../home-folder.js";
import { UserError } from "../user-error.js";
import { explainFileError } from "./file-error.js";

/** More than the synthesized stacks, the emulator's snapshot, Terraform's state and an empty database need. */
const MINIMUM_FREE_MIB = 192;

/** Content of `.gitignore` in every state folder. */
const IGNORE_ALL = "*\n";

/**
 * Folder of a local run's state (`.notejam/`): the synthesized stacks, the emulator's snapshot, Terraform's state, the
 * notes and the generated secrets. Deleting it is always safe.
 */
export class StateFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  get lockFile(): string {
    return join(this.path, "lock");
  }

  /** Folder of the synthesized stacks, like `cdktf.out`. */
  get out(): string {
    return join(this.path, "out");
  }

  /** Folder of the emulated account and of its Terraform state, which belong together. */
  get account(): string {
    return join(this.path, "account");
  }

  get emulatorState(): string {
    return join(this.account, "emulator.state");
  }

  get emulatorLog(): string {
    return join(this.path, "emulator.log");
  }

  get restorePoint(): string {
    return join(this.path, "account.restore-point");
  }

  get secrets(): string {
    return join(this.path, "secrets.json");
  }

  /** Folder of an environment's application: database, logs and program. */
  application(environmentId: string): string {
    return join(this.path, "applications", environmentId);
  }

  get cliConfig(): string {
    return join(this.path, "terraform.rc");
  }

  /** File that exists during an apply. If it exists at startup, the last apply was interrupted. */
  get applyingFile(): string {
    return join(this.account, "applying");
  }

  /** Empty file that replaces the user's AWS profiles. */
  get noProfiles(): string {
    return join(this.path, "no-profiles");
  }

  get pluginCache(): string {
    return join(this.path, "plugins");
  }

  /** Virtual environment of `--install-emulator`. */
  get emulatorEnvironment(): string {
    return join(this.path, "emulator-python");
  }

  /** Folder for a copy of npm's PostgreSQL, if it cannot run in place. */
  get postgresCopies(): string {
    return join(this.path, "postgresql");
  }

  get errorLog(): string {
    return join(this.path, "error.log");
  }

  stackFolder(stack: string): string {
    return join(this.out, "stacks", stack);
  }

  terraformState(stack: string): string {
    return join(this.account, `${stack}.tfstate`);
  }

  /** File with the fingerprint of the last complete apply. */
  appliedFile(stack: string): string {
    return join(this.account, `${stack}.applied.json`);
  }

  /** Names of the stacks that have a Terraform state here. */
  terraformStates(): string[] {
    const ending = ".tfstate";
    const files = existsSync(this.account) ? readdirSync(this.account) : [];
    return files.filter((file) => file.endsWith(ending)).map((file) => file.slice(0, -ending.length));
  }

  /** Names of stacks whose Terraform state is not valid JSON, for example after a crash or a full disk. */
  damagedStates(): string[] {
    return this.terraformStates().filter((stack) => {
      try {
        JSON.parse(readFileSync(this.terraformState(stack), "utf8"));
        return false;
      } catch {
        return true;
      }
    });
  }

  /** Creates the folder. @throws UserError if the disk has too little free space for an apply */
  prepare(): void {
    this.requireOwn();
    try {
      mkdirSync(this.account, { recursive: true, mode: 0o700 });
      mkdirSync(this.pluginCache, { recursive: true });
      // The folder ignores itself, so that it is never committed, wherever --state puts it.
      writeFileSync(join(this.path, ".gitignore"), IGNORE_ALL);
      writeFileSync(this.noProfiles, "");
    } catch (error) {
      throw explainFileError(error, "keep the local state", this.path);
    }
    const { bavail, bsize } = statfsSync(this.path);
    const freeMib = Math.floor((bavail * bsize) / 2 ** 20);
    if (freeMib < MINIMUM_FREE_MIB) {
      throw new UserError(
        `The disk of ${this.path} is nearly full: ${freeMib} MiB are free, ${MINIMUM_FREE_MIB} MiB are needed.`,
        { hint: "Free some space there, or use another folder (--state <folder>)." },
      );
    }
  }

  /** @throws UserError for a folder with other contents: `--destroy` would remove them */
  private requireOwn(): void {
    const isFolder = statSync(this.path, { throwIfNoEntry: false })?.isDirectory() ?? false;
    const entries = isFolder ? readdirSync(this.path) : [];
    if (entries.length === 0 || readIfThere(join(this.path, ".gitignore")) === IGNORE_ALL) return;
    throw new UserError(`The folder ${this.path} is not empty and was not created by npm start.`, {
      hint: "Name a new or an empty folder in --state.",
    });
  }

  /** Deletes the emulated account and its secrets, but not the synthesized stacks and plugins. */
  forgetAccount(): void {
    rmSync(this.secrets, { force: true });
    rmSync(this.account, { recursive: true, force: true });
    rmSync(this.restorePoint, { recursive: true, force: true });
    mkdirSync(this.account, { recursive: true, mode: 0o700 });
  }

  /**
   * Moves the emulated account to `account.set-aside`, so that a new one can start empty. Deletes an account that was
   * moved there before.
   *
   * @returns the new path
   */
  setAccountAside(): string {
    const aside = `${this.account}.set-aside`;
    rmSync(aside, { recursive: true, force: true });
    renameSync(this.account, aside);
    rmSync(this.restorePoint, { recursive: true, force: true });
    mkdirSync(this.account, { recursive: true, mode: 0o700 });
    return aside;
  }

  /** Deletes the notes of every environment. Their programs must be stopped. */
  forgetApplications(): void {
    rmSync(this.application(""), { recursive: true, force: true });
  }

  /** Copies the account. No apply may be incomplete, and the emulator must be stopped. */
  saveRestorePoint(): void {
    const draft = `${this.restorePoint}.draft`;
    rmSync(draft, { recursive: true, force: true });
    cpSync(this.account, draft, { recursive: true });
    rmSync(this.restorePoint, { recursive: true, force: true });
    renameSync(draft, this.restorePoint);
  }

  /** Restores the last copy of the account, or an empty account without one. The emulator must be stopped. */
  returnToRestorePoint(): void {
    rmSync(this.account, { recursive: true, force: true });
    try {
      cpSync(this.restorePoint, this.account, { recursive: true });
    } catch (error) {
      if (errorCode(error) !== "ENOENT") {
        throw explainFileError(error, "restore the local state", this.path);
      }
      mkdirSync(this.account, { recursive: true, mode: 0o700 });
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface ChooseStateFolderProps {
  /** Folder from `--state`; undefined without the option. */
  readonly configured: string | undefined;
  readonly projectFolder: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly home?: string;
  /** Folder for temporary files. */
  readonly temporary?: string;
}

/**
 * Chooses the state folder: the folder of the option, else `.notejam` in the project. For a read-only project, chooses a
 * folder in the user's state folder (`XDG_STATE_HOME`, `~/.local/state`), or else in the folder for temporary files.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function chooseStateFolder({
  configured,
  projectFolder,
  env = process.env,
  home = homeFolder(),
  temporary = tmpdir(),
}: ChooseStateFolderProps): StateFolder {
  if (configured !== undefined) return new StateFolder(configured);
  const inProject = join(projectFolder, ".notejam");
  if (isWritable(existsSync(inProject) ? inProject : projectFolder)) return new StateFolder(inProject);
  const name = createHash("sha256").update(resolve(projectFolder)).digest("hex").slice(0, 12);
  const user = process.getuid?.() ?? 0;
  const places = [
    join(env.XDG_STATE_HOME || join(home, ".local/state"), "notejam", name),
    join(temporary, `notejam-${user}-${name}`),
  ];
  const usable = places.find((place) => canCreate(place, user));
  return new StateFolder(usable ?? inProject);
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Creates a folder if needed. Returns true if the user owns it: another user may have created one in /tmp. */
function canCreate(folder: string, user: number): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return lstatSync(folder).uid === user && isWritable(folder);
  } catch {
    return false;
  }
}

/** Reads a file of the state folder. Returns undefined if it does not exist. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return undefined;
    }
    throw explainFileError(error, "read the local state", file);
  }
}

/** Writes a file atomically: a reader sees the old or the new content. */
export function writeWhole(file: string, content: string, mode = 0o644): void {
  const draft = `${file}.${process.pid}.draft`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, content, { mode });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw explainFileError(error, "write", file);
  }
}
