import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { IMAGE_ENVIRONMENT, type Program } from "./built-app.js";

/** Maximum time that a child process may outlive the command, in milliseconds. */
const AFTERLIFE = 5_000;

/** Result of a command. */
export interface CommandEnd {
  /** Its exit status, or the signal that killed it. */
  readonly status: number | string;
  /** Standard output. */
  readonly stdout: string;
  /** Both outputs. */
  readonly output: string;
  /** Last line on standard error: the reason of a failure. */
  readonly message: string;
  readonly seconds: number;
  /** Child processes that still ran some seconds after its end. */
  readonly left: readonly string[];
}

/** Options of a command. */
export interface CommandOptions {
  readonly program: Program;
  readonly environment: Readonly<Record<string, string>>;
  /** Working directory. */
  readonly folder: string;
}

/** A Notejam command in a child process. */
export class BackupCommand {
  readonly #child: ChildProcess;
  readonly ended: Promise<CommandEnd>;

  constructor(args: readonly string[], { program, environment, folder }: CommandOptions) {
    // Child processes inherit its process group, which identifies them.
    this.#child = spawn(process.execPath, [...program.nodeOptions, program.main, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, ...IMAGE_ENVIRONMENT, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.ended = this.#watch(performance.now());
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async #watch(start: number): Promise<CommandEnd> {
    const { pid = 0 } = this.#child;
    let stdout = "";
    let messages = "";
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      messages += text;
    });
    const status = await new Promise<number | string>((resolve) => {
      this.#child.once("exit", (code, signal) => resolve(code ?? signal ?? "?"));
    });
    const seconds = (performance.now() - start) / 1000;
    const left = await leftOf(pid);
    const message = messages.trim().split("\n").at(-1) ?? "";
    return { status, stdout, output: stdout + messages, message, seconds, left };
  }
}

/** Returns the names of the programs in a process group, after a time for them to end. */
async function leftOf(group: number): Promise<string[]> {
  const until = performance.now() + AFTERLIFE;
  for (;;) {
    const members = membersOf(group);
    if (members.length === 0 || performance.now() > until) return members;
    await pause(20);
  }
}

function membersOf(group: number): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const text = readFileSync(`/proc/${pid}/stat`, "utf8");
        const end = text.lastIndexOf(")");
        const [state, , processGroup] = text.slice(end + 2).split(" ");
        // A zombie process does not count as running.
        if (Number(processGroup) !== group || state === "Z") return [];
        return [text.slice(text.indexOf("(") + 1, end)];
      } catch {
        return [];
      }
    });
}
