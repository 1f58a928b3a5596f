import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../test/postgres-server.js";
import { isReady } from "./notejam-process.js";

/** Maximum number of targets. */
const ROOM = 32;
/** Polling interval, in milliseconds. */
const INTERVAL = 50;
/** Polling timeout, in milliseconds. */
const CHECK_TIMEOUT = 15_000;

/**
 * HAProxy with the settings that the Ingress configures for the AWS load balancer: least outstanding requests, keep-alive
 * connections, health checks every ten seconds, no retries. It runs as a separate process and needs much less CPU than
 * the application, so that it does not affect the measurements.
 */
export class HaProxy {
  readonly port: number;
  readonly #folder: string;
  readonly #process: ChildProcess;
  #targets = 0;

  private constructor(port: number) {
    this.port = port;
    this.#folder = mkdtempSync(path.join(tmpdir(), "notejam-haproxy-"));
    const file = path.join(this.#folder, "haproxy.cfg");
    writeFileSync(file, configuration(port, this.#socket));
    this.#process = spawn("haproxy", ["-q", "-db", "-f", file], { stdio: ["ignore", "ignore", "inherit"] });
  }

  /** Starts HAProxy without targets. It responds to all requests with 503. */
  static async open(): Promise<HaProxy> {
    const balancer = new HaProxy(await freePort());
    try {
      await balancer.#until("listens", () => accepts(balancer.port));
      return balancer;
    } catch (error) {
      await balancer.close();
      throw error;
    }
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Adds a target as soon as it is ready. */
  async add(port: number): Promise<void> {
    await this.#until(`has a ready target on port ${port}`, () => isReady(port));
    this.#targets += 1;
    const server = `notejam/pod${this.#targets}`;
    await this.#command(`set server ${server} addr 127.0.0.1 port ${port}`);
    await this.#command(`set server ${server} state ready`);
  }

  /** Stops HAProxy. */
  async close(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, "exit");
      this.#process.kill("SIGTERM");
      await exited;
    }
    rmSync(this.#folder, { recursive: true });
  }

  get #socket(): string {
    return path.join(this.#folder, "commands");
  }

  async #command(command: string): Promise<void> {
    const socket = net.connect(this.#socket);
    socket.end(`${command}\n`);
    const answer = (await text(socket)).trim();
    // The response to a change of an address is a text; that to any other successful command is empty.
    if (answer && !/^(IP|port) changed|^no need to change/.test(answer)) {
      throw new Error(`HAProxy refused "${command}": ${answer}`);
    }
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + CHECK_TIMEOUT;
    while (!(await isSo())) {
      if (this.#process.exitCode !== null) throw new Error(`HAProxy ended with ${this.#process.exitCode}`);
      if (performance.now() > end)
        throw new Error(`After ${CHECK_TIMEOUT} ms it is not so that HAProxy ${what}`);
      await pause(INTERVAL);
    }
  }
}

function configuration(port: number, socket: string): string {
  const servers = Array.from(
    { length: ROOM },
    (_, index) => `  server pod${index + 1} 127.0.0.1:9 check disabled`,
  );
  return `global
  nbthread 1
  maxconn 4096
  stats socket ${socket} level admin
defaults
  mode http
  retries 0
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend visitors
  bind 127.0.0.1:${port}
  default_backend notejam
backend notejam
  balance leastconn
  option httpchk GET /healthz
  default-server inter 10s fall 3 rise 2
${servers.join("\n")}
`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
