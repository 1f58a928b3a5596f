import http from "node:http";
import { formsOf } from "../test/visitor.js";

/** Response from the server. */
export interface NetworkAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Request without a response. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

/** Password of all users. */
export const PASSWORD = "correct horse battery";

/** Timeout of a request, in milliseconds. */
const CHECK_TIMEOUT = 20_000;

/** A browser session with a Notejam process. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly #agent: http.Agent;
  readonly #port: () => number;

  /**
   * @param port where to connect to, asked for each request
   * @param connections most connections kept open
   */
  constructor(port: number | (() => number), connections = 50) {
    this.#port = typeof port === "function" ? port : () => port;
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  }

  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** Sends a request. @throws {NoAnswer} when the connection ends before the response is complete */
  send(
    method: string,
    path: string,
    options: { headers?: Record<string, string>; payload?: string } = {},
  ): Promise<NetworkAnswer> {
    const cookie = this.cookieHeader;
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(new NoAnswer(`${method} ${path}: ${error.message}`));
      const request = http.request(
        {
          host: "127.0.0.1",
          port: this.#port(),
          agent: this.#agent,
          method,
          path,
          timeout: CHECK_TIMEOUT,
          headers: {
            ...(cookie ? { cookie } : {}),
            ...(options.payload === undefined
              ? {}
              : { "content-length": Buffer.byteLength(options.payload) }),
            ...options.headers,
          },
        },
        (response) => {
          const pieces: Buffer[] = [];
          response.on("data", (piece: Buffer) => pieces.push(piece));
          response.on("error", fail);
          response.on("end", () => {
            const { statusCode = 0, headers } = response;
            this.#keep(headers["set-cookie"] ?? []);
            resolve({ status: statusCode, headers, body: Buffer.concat(pieces).toString() });
          });
        },
      );
      request.on("timeout", () => request.destroy(new Error("no answer in time")));
      request.on("error", fail);
      request.end(options.payload);
    });
  }

  #keep(setCookies: readonly string[]): void {
    for (const line of setCookies) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "" || /max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  get(path: string): Promise<NetworkAnswer> {
    return this.send("GET", path);
  }

  /** Posts fields without first loading the form. */
  post(path: string, fields: Readonly<Record<string, string>>): Promise<NetworkAnswer> {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return this.send("POST", path, { headers, payload: new URLSearchParams(fields).toString() });
  }

  /** The fields of the form that a page posts. */
  async fieldsOf(path: string): Promise<Record<string, string>> {
    const { status, body } = await this.get(path);
    const form = formsOf(body).find(({ method }) => method === "post");
    if (!form) throw new Error(`There is no form to post at ${path} (${status})`);
    return form.fields;
  }

  /** Opens a page, fills in its form and sends it. */
  async submit(path: string, fields: Readonly<Record<string, string>> = {}): Promise<NetworkAnswer> {
    return this.post(path, { ...(await this.fieldsOf(path)), ...fields });
  }

  /** Signs up and in. */
  async enter(email: string): Promise<void> {
    await this.submit("/signup/", { email, password: PASSWORD, repeat_password: PASSWORD });
    const { status } = await this.submit("/signin/", { email, password: PASSWORD });
    if (status !== 303) throw new Error(`Signing in as ${email} was answered ${status}`);
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy();
  }
}
