import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../test/postgres-server.js";
import { IMAGE_ENVIRONMENT, type Program } from "./built-app.js";

/** NOTEJAM_NODE selects another version of Node than that of the tests, such as the version in the image. */
const NODE = process.env.NOTEJAM_NODE ?? process.execPath;

/** Options of a process. */
export interface NotejamProcessOptions {
  readonly program: Program;
  readonly databaseUrl: string;
  /** Arguments after `serve`. */
  readonly arguments?: readonly string[];
  /** Variables in addition to the database, the ports and those that isolate the test. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with each line of the log. Without it the log is discarded, as cheaply as by a container runtime. */
  readonly onLog?: (line: string) => void;
  /** Longest to wait until it is ready, in milliseconds. @default 15000 */
  readonly patience?: number;
}

/** Exit of a process. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the signal to the end, in milliseconds. */
  readonly after: number;
}

/** Notejam in a child process with its own ports. */
export class NotejamProcess {
  readonly pid: number;
  readonly port: number;
  /** From starting the process until it said that it is ready, in milliseconds. */
  readonly readyAfter: number;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, port: number, readyAfter: number) {
    this.#process = child;
    this.pid = child.pid ?? 0;
    this.port = port;
    this.readyAfter = readyAfter;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** True while the process is running. */
  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Starts it and waits until it is ready. */
  static async start(options: NotejamProcessOptions): Promise<NotejamProcess> {
    const { program, databaseUrl, environment, onLog, patience = 15_000 } = options;
    const port = await freePort();
    const start = performance.now();
    const child = spawn(NODE, [...program.nodeOptions, program.main, "serve", ...(options.arguments ?? [])], {
      cwd: tmpdir(),
      stdio: ["ignore", onLog ? "pipe" : "ignore", onLog ? "pipe" : "inherit"],
      env: {
        PATH: process.env.PATH,
        ...IMAGE_ENVIRONMENT,
        DATABASE_URL: databaseUrl,
        PORT: String(port),
        METRICS_PORT: "off",
        RATE_LIMIT: "off",
        ...environment,
      },
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream && onLog) createInterface({ input: stream }).on("line", onLog);
    }
    while (!(await isReady(port))) {
      if (child.exitCode !== null)
        throw new Error(`Notejam ended with ${child.exitCode} before it was ready`);
      if (performance.now() - start > patience) {
        child.kill("SIGKILL");
        throw new Error(`Notejam was not ready after ${patience} ms`);
      }
      await pause(5);
    }
    return new NotejamProcess(child, port, performance.now() - start);
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    const start = performance.now();
    if (this.isRunning) {
      const exited = once(this.#process, "exit");
      this.#process.kill(signal);
      await exited;
    }
    const { exitCode, signalCode } = this.#process;
    return { code: exitCode, signal: signalCode, after: performance.now() - start };
  }
}

/** Returns true if the process on a port is ready. */
export async function isReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1_000) });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}
