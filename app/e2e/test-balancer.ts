import { once } from "node:events";
import http from "node:http";
import { isReady } from "./notejam-process.js";

/** Interval of the readiness probes, in milliseconds. */
const CHECK_INTERVAL = 250;

/** A process behind the balancer. */
interface Target {
  readonly port: number;
  readonly agent: http.Agent;
  ready: boolean;
  /** Failed checks since the last successful one. */
  failures: number;
}

/**
 * Load balancer that behaves like that of AWS: it sends requests round-robin to healthy targets over keep-alive
 * connections, and never sends a request twice. A target without a response causes a 502.
 */
export class TestBalancer {
  readonly #server: http.Server;
  readonly #checks: NodeJS.Timeout;
  readonly #unreadyAfter: number;
  #targets: Target[] = [];
  #turn = 0;

  private constructor(unreadyAfter: number) {
    this.#unreadyAfter = unreadyAfter;
    this.#server = http.createServer((request, response) => this.#forward(request, response));
    this.#server.keepAliveTimeout = 60_000;
    this.#checks = setInterval(() => void this.#check(), CHECK_INTERVAL);
  }

  /** @param unreadyAfter failed checks in a row after which a target gets no more requests */
  static async open(unreadyAfter = 1): Promise<TestBalancer> {
    const balancer = new TestBalancer(unreadyAfter);
    balancer.#server.listen(0, "127.0.0.1");
    await once(balancer.#server, "listening");
    return balancer;
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("The balancer is closed");
    return address.port;
  }

  /** Adds a target, which gets requests as soon as it is ready. */
  async add(port: number): Promise<void> {
    this.#targets.push({ port, agent: new http.Agent({ keepAlive: true }), ready: false, failures: 0 });
    await this.#check();
  }

  /** Removes a target. */
  remove(port: number): void {
    for (const target of this.#targets) if (target.port === port) target.agent.destroy();
    this.#targets = this.#targets.filter((target) => target.port !== port);
  }

  close(): void {
    clearInterval(this.#checks);
    this.#server.close();
    this.#server.closeAllConnections();
    for (const { agent } of this.#targets) agent.destroy();
  }

  async #check(): Promise<void> {
    await Promise.all(
      this.#targets.map(async (target) => {
        if (await isReady(target.port)) Object.assign(target, { ready: true, failures: 0 });
        else target.failures += 1;
        if (target.failures >= this.#unreadyAfter) target.ready = false;
      }),
    );
  }

  #forward(request: http.IncomingMessage, response: http.ServerResponse): void {
    const ready = this.#targets.filter((target) => target.ready);
    this.#turn += 1;
    const target = ready[this.#turn % ready.length];
    if (!target) {
      response.writeHead(503).end("no target is ready");
      return;
    }
    const { method, url, headers } = request;
    const onward = http.request({
      host: "127.0.0.1",
      port: target.port,
      agent: target.agent,
      method,
      path: url,
      headers: { ...headers, connection: "keep-alive" },
    });
    onward.on("response", (answer) => {
      const { connection: _, "keep-alive": __, ...kept } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, kept);
      answer.pipe(response);
    });
    onward.on("error", (error) => {
      if (!response.headersSent) response.writeHead(502).end(error.message);
      else response.destroy();
    });
    request.pipe(onward);
  }
}
