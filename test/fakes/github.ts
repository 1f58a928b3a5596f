import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { GitHubSettings } from "../../src/pipeline/github.js";

/** Stored comment or issue. */
export interface FakeItem {
  readonly id: number;
  readonly number: number;
  readonly user: { readonly login: string };
  readonly html_url: string;
  body: string;
  state: string;
  readonly [key: string]: unknown;
}

/** Stored workflow run. */
export interface FakeRun {
  readonly id: number;
  readonly run_number: number;
  readonly html_url: string;
  status: string;
}

/** Response that replaces the fake's normal one. */
export interface FakeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
}

/**
 * Fake of the parts of GitHub's API that the pipelines use, with pagination, authors and errors. It tests requests and
 * the handling of responses, but not that GitHub accepts the requests.
 */
export class FakeGitHub {
  readonly comments: FakeItem[] = [];
  readonly issues: FakeItem[] = [];
  readonly runs: FakeRun[] = [];
  /** All requests, as `POST /repos/…`. */
  readonly requests: string[] = [];
  /** Called before each request. A returned value becomes the response. */
  refuse: (request: string) => FakeAnswer | undefined = () => undefined;
  /** Awaited before each response, so that tests can make the requests of two clients overlap. */
  pause: (request: string) => Promise<void> = async () => {};
  author = "github-actions[bot]";
  url = "";
  private lastId = 100;

  /** Listens on the loopback interface until the end of the test. */
  static async start(): Promise<FakeGitHub> {
    const fake = new FakeGitHub();
    const server = createServer((request, response) => void fake.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    if (!isPort(address)) throw new Error("The fake has no port.");
    fake.url = `http://127.0.0.1:${address.port}`;
    return fake;
  }

  /** Connection settings for clients. */
  get settings(): GitHubSettings {
    return { token: "fake-token", owner: "example", repository: "notejam", apiUrl: this.url };
  }

  add(to: "comments" | "issues", body: string, login = this.author): FakeItem {
    this.lastId += 1;
    const id = this.lastId;
    const item = {
      id,
      number: id,
      user: { login },
      html_url: `https://github.example/${to}/${id}`,
      body,
      state: "open",
    };
    this[to].push(item);
    return item;
  }

  /** Adds a run. Its id is its number. */
  addRun(number: number, status: string): void {
    const html_url = `https://github.example/runs/${number}`;
    this.runs.push({ id: number, run_number: number, html_url, status });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? "/", "http://fake");
    const line = `${request.method} ${url.pathname}`;
    this.requests.push(line);
    await this.pause(line);
    const refused = this.refuse(line);
    const input = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {};
    const { status, data } =
      refused === undefined
        ? this.work(request.method ?? "", url, input)
        : { status: refused.status, data: { message: refused.message ?? "Refused" } };
    response.writeHead(status, { "content-type": "application/json", ...refused?.headers });
    response.end(status === 204 ? "" : JSON.stringify(data));
  }

  private work(method: string, url: URL, input: Record<string, string>): { status: number; data: unknown } {
    const path = url.pathname.replace("/repos/example/notejam", "");
    if (path === "/user") return { status: 200, data: { login: this.author } };
    if (path.startsWith("/actions/")) return this.workOnRuns(method, path, url.searchParams);
    const items = path.startsWith("/issues/comments") || path.endsWith("/comments") ? "comments" : "issues";
    if (method === "GET") return { status: 200, data: page(this[items], url.searchParams) };
    if (method === "POST") {
      const made = this.add(items, input.body ?? "");
      Object.assign(made, input, { labels: input.labels });
      return { status: 201, data: made };
    }
    const id = Number(path.split("/").at(-1));
    const found = this[items].find((item) => item.id === id);
    if (found === undefined) return { status: 404, data: { message: "Not Found" } };
    if (method === "DELETE") {
      this[items].splice(this[items].indexOf(found), 1);
      return { status: 204, data: undefined };
    }
    return { status: 200, data: Object.assign(found, input) };
  }

  private workOnRuns(
    method: string,
    path: string,
    query: URLSearchParams,
  ): { status: number; data: unknown } {
    if (method === "GET") {
      const found = this.runs.filter(({ status }) => status === query.get("status"));
      return { status: 200, data: { total_count: found.length, workflow_runs: found.reverse() } };
    }
    const run = this.runs.find(({ id }) => path === `/actions/runs/${id}/cancel`);
    if (run === undefined) return { status: 404, data: { message: "Not Found" } };
    run.status = "cancelled";
    return { status: 202, data: {} };
  }
}

function isPort(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}

function page(items: readonly FakeItem[], query: URLSearchParams): FakeItem[] {
  const size = Number(query.get("per_page") ?? 30);
  const start = (Number(query.get("page") ?? 1) - 1) * size;
  const open = query.get("state") === "open" ? items.filter(({ state }) => state === "open") : items;
  return open.slice(start, start + size);
}
