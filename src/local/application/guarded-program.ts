import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const GUARD = fileURLToPath(new URL("./guard.mjs", import.meta.url));

/** Longer than the guard itself waits before it kills. */
const STOP_TIMEOUT_MS = 20_000;
/** Enough of a log to see an error and what came before it. */
const LINES_SHOWN = 8;

export interface GuardedProgramProps {
  /** In words for people: `PostgreSQL`, `notejam serve`. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Where its output goes; replaced. Only its owner can read it. */
  readonly logFile: string;
  /**
   * The signal that asks it for a good end.
   *
   * @default SIGTERM
   */
  readonly endSignal?: NodeJS.Signals;
}

/**
 * A program that ends with this process, however this process ends, and is out of reach of the terminal's Ctrl-C: it is
 * stopped in turn.
 */
export class GuardedProgram {
  readonly name: string;
  readonly logFile: string;
  /** Its exit status, once it has ended; 128 and the signal's number when a signal ended it. Never rejects. */
  readonly ended: Promise<number>;
  private readonly child: ChildProcess;
  private readonly endSignal: NodeJS.Signals;
  private status: number | undefined;

  constructor(props: GuardedProgramProps) {
    this.name = props.name;
    this.logFile = props.logFile;
    this.endSignal = props.endSignal ?? "SIGTERM";
    mkdirSync(dirname(props.logFile), { recursive: true, mode: 0o700 });
    const log = openSync(props.logFile, "w", 0o600);
    try {
      const args = [GUARD, this.endSignal, props.program, ...props.args];
      this.child = spawn(process.execPath, args, {
        cwd: props.cwd,
        env: props.env,
        stdio: ["pipe", log, log],
        detached: true,
      });
    } finally {
      closeSync(log);
    }
    this.ended = once(this.child, "exit").then(([code]) => {
      this.status = typeof code === "number" ? code : 1;
      return this.status;
    });
  }

  get hasEnded(): boolean {
    return this.status !== undefined;
  }

  /** What it has said so far. */
  get output(): string {
    return readFileSync(this.logFile, "utf8");
  }

  /** The end of what it said, indented, for a message. */
  get lastWords(): string {
    const lines = this.output.trimEnd().split("\n").slice(-LINES_SHOWN);
    return lines.map((line) => `  ${line}`).join("\n");
  }

  /** Asks for a good end and waits for it; insists when that takes too long. Further calls do nothing. */
  async stop(signal: NodeJS.Signals = this.endSignal): Promise<void> {
    if (this.hasEnded) return;
    this.child.kill(signal);
    const tooLate = setTimeout(() => this.killAll(), STOP_TIMEOUT_MS);
    await this.ended;
    clearTimeout(tooLate);
  }

  /**
   * Waits for it to end by itself; stops it when the signal is aborted.
   *
   * @returns its exit status
   */
  async finish(signal: AbortSignal): Promise<number> {
    const stop = () => void this.stop();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const status = await this.ended;
    signal.removeEventListener("abort", stop);
    signal.throwIfAborted();
    return status;
  }

  /** The guard, the program and what that started are one group. */
  private killAll(): void {
    const { pid } = this.child;
    if (pid !== undefined && !this.hasEnded) process.kill(-pid, "SIGKILL");
  }
}
