import { type ChildProcessByStdio, spawn } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

/** Programs on the PATH of every machine besides Node and npm: Git, shells and GNU coreutils. */
const BARE_PROGRAMS = [
  ...["git", "sh", "bash", "env"],
  ...["basename", "cat", "chmod", "chown", "cp", "cut", "date", "dd", "df", "dirname", "du", "echo", "expr"],
  ...["false", "head", "id", "ln", "ls", "mkdir", "mktemp", "mv", "nproc", "od", "printf", "pwd", "readlink"],
  ...["realpath", "rm", "rmdir", "seq", "sha256sum", "sleep", "sort", "stat", "tail", "tee", "test", "touch"],
  ...["tr", "true", "uname", "uniq", "wc", "whoami", "yes"],
];

/** User and group ID of a user without files on this machine. */
export const ORDINARY_USER = { uid: 4321, gid: 4321 };

/** Timeout of commands: enough for an apply on a busy machine. */
const TIMEOUT_MS = 15 * 60_000;
const POLL_MS = 100;

export interface MachineProps {
  /** Folder for the PATH, the home folder and npm's cache. Every user must be able to enter it. */
  readonly folder: string;
  /** Program that runs as `node`. */
  readonly node: string;
  /** npm's `npm-cli.js`. */
  readonly npm: string;
  /** More programs on the PATH, by name. @default none */
  readonly programs?: readonly string[];
  /**
   * Programs that run through a wrapper, by name: real path. Python needs it to find its library next to its real path.
   *
   * @default none
   */
  readonly wrapped?: Readonly<Record<string, string>>;
  /** Runs commands as an ordinary user whose home folder does not exist. Only root can. @default false */
  readonly isOrdinaryUser?: boolean;
  /** More environment variables. @default only those for access to the package registries */
  readonly env?: Readonly<Record<string, string>>;
}

/** Result of a command. */
export interface Ended {
  /** Exit status; null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running command. */
export interface Running {
  readonly ended: Promise<Ended>;
  /** Waits for a text on standard output. @throws Error when the command ends without it */
  says(text: RegExp): Promise<void>;
  /** Sends SIGTERM to the first process alone, as a supervisor does. */
  terminate(): void;
  /** Sends a signal to the command and its descendants, as a terminal does. */
  signal(signal: NodeJS.Signals): void;
}

/**
 * A simulated machine with its own PATH, environment variables, home folder and user. Shares disk and network with the
 * real one.
 */
export class Machine {
  private readonly props: MachineProps;
  private readonly path: string;
  private readonly env: NodeJS.ProcessEnv;

  constructor(props: MachineProps) {
    const { folder, node, npm, programs = [], isOrdinaryUser = false } = props;
    this.props = props;
    this.path = mkdtempSync(join(folder, "path-"));
    chmodSync(this.path, 0o755);
    symlinkSync(node, join(this.path, "node"));
    symlinkSync(npm, join(this.path, "npm"));
    for (const name of new Set([...BARE_PROGRAMS, ...programs])) {
      symlinkSync(findProgram(name), join(this.path, name));
    }
    for (const [name, target] of Object.entries(props.wrapped ?? {})) {
      writeFileSync(join(this.path, name), `#!/bin/sh\nexec '${target}' "$@"\n`, { mode: 0o755 });
    }
    const home = join(folder, "home");
    mkdirSync(home, { recursive: true });
    this.env = {
      ...registrySettings(folder),
      PATH: this.path,
      HOME: isOrdinaryUser ? "/nonexistent" : home,
      LANG: "C.UTF-8",
      npm_config_cache: join(folder, isOrdinaryUser ? "npm-cache-of-user" : "npm-cache"),
      npm_config_update_notifier: "false",
      ...props.env,
    };
  }

  /** Runs a shell command to its end, at most a quarter of an hour. */
  run(command: string, cwd: string): Promise<Ended> {
    return this.start(command, cwd).ended;
  }

  /** Starts a shell command. */
  start(command: string, cwd: string): Running {
    const [program = "", ...args] = [...this.asUser(), join(this.path, "sh"), "-c", command];
    const child = spawn(program, args, {
      cwd,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
      // Its own process group, so that it can be killed with its descendants.
      detached: true,
    });
    return watch(child);
  }

  private asUser(): string[] {
    if (!this.props.isOrdinaryUser) return [];
    const { uid, gid } = ORDINARY_USER;
    return [findProgram("setpriv"), `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--inh-caps=-all"];
  }
}

function watch(child: ChildProcessByStdio<null, Readable, Readable>): Running {
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr.on("data", (data: Buffer) => {
    stderr += data.toString();
  });
  const signal = (name: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, name);
  };
  const tooLate = setTimeout(() => signal("SIGKILL"), TIMEOUT_MS);
  const end = () => signal("SIGKILL");
  process.once("exit", end);
  let hasEnded = false;
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (status) => {
      hasEnded = true;
      clearTimeout(tooLate);
      process.off("exit", end);
      resolve({ status, stdout, stderr });
    });
  });
  const says = async (text: RegExp) => {
    while (!text.test(stdout)) {
      if (hasEnded) throw new Error(`It ended before it printed ${text}:\n${stdout.slice(-2000)}\n${stderr}`);
      await delay(POLL_MS);
    }
  };
  const terminate = () => child.kill("SIGTERM");
  return { ended, says, signal, terminate };
}

/**
 * Returns the path of a program of the real machine.
 *
 * @throws Error if the program does not exist
 */
export function findProgram(name: string): string {
  const found = programIfThere(name);
  if (found === undefined) throw new Error(`${name} is not on the PATH of this machine.`);
  return found;
}

/** Returns the path of a program of the real machine; undefined if the program does not exist. */
export function programIfThere(name: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Returns the real machine's settings for npm and pip: certificates, proxies and npm's user configuration. */
function registrySettings(folder: string): NodeJS.ProcessEnv {
  const names = /^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|PIP_\w+|https?_proxy|no_proxy)$/i;
  const variables = Object.entries(process.env).filter(([name]) => names.test(name));
  const userConfig = process.env.NPM_CONFIG_USERCONFIG ?? join(homedir(), ".npmrc");
  const copy = join(folder, "npmrc");
  if (existsSync(userConfig)) copyFileSync(userConfig, copy);
  return { ...Object.fromEntries(variables), ...(existsSync(copy) ? { npm_config_userconfig: copy } : {}) };
}
