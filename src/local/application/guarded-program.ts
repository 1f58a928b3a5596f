import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const GUARD = fileURLToPath(new URL("./guard.mjs", import.meta.url));

/** Longer than the guard waits before it sends SIGKILL. */
const STOP_TIMEOUT_MS = 20_000;
/** Number of log lines in an error message. */
const LINES_SHOWN = 8;

export interface GuardedProgramProps {
  /** Name for messages: `PostgreSQL`, `notejam serve`. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Whole environment. Nothing is inherited. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Log file of its output. Replaced; only its owner can read it. */
  readonly logFile: string;
  /**
   * Signal that ends the program gracefully.
   *
   * @default SIGTERM
   */
  readonly endSignal?: NodeJS.Signals;
}

/**
 * Program that ends with this process, even if this process is killed. The terminal's Ctrl-C does not reach it: it is
 * stopped by {@link stop}.
 */
export class GuardedProgram {
  readonly name: string;
  readonly logFile: string;
  /** Resolves with the exit status; 128 plus the signal's number if a signal ended it. Never rejects. */
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

  /** Output so far. */
  get output(): string {
    return readFileSync(this.logFile, "utf8");
  }

  /** Last lines of the output, indented, for a message. */
  get lastLines(): string {
    const lines = this.output.trimEnd().split("\n").slice(-LINES_SHOWN);
    return lines.map((line) => `  ${line}`).join("\n");
  }

  /** Sends the signal and waits for the end; sends SIGKILL after a time limit. Further calls do nothing. */
  async stop(signal: NodeJS.Signals = this.endSignal): Promise<void> {
    if (this.hasEnded) return;
    this.child.kill(signal);
    const tooLate = setTimeout(() => this.killAll(), STOP_TIMEOUT_MS);
    await this.ended;
    clearTimeout(tooLate);
  }

  /**
   * Waits for the end of the program. Stops it if the signal is aborted.
   *
   * @returns the exit status
   * @throws the reason of the signal if it is aborted
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

  /** Kills the process group: the guard, the program and its children. */
  private killAll(): void {
    const { pid } = this.child;
    if (pid !== undefined && !this.hasEnded) process.kill(-pid, "SIGKILL");
  }
}
