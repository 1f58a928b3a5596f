import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/** A request to S3. */
export type Operation = "list" | "read" | "put" | "begin" | "part" | "complete" | "abort" | "other";

/** Properties of a request that determine its fault. */
export interface S3Request {
  readonly operation: Operation;
  readonly key: string;
  /** Number of the part of an upload; 0: none. */
  readonly part: number;
  /** Number of earlier requests of this operation. */
  readonly before: number;
}

/** Fault of a request. */
export type Fault =
  /** Resets the connection after this many bytes of the request. S3 does not receive the request. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** S3 processes the request, and the connection is reset before the response. */
  | { readonly kind: "lose answer" }
  | { readonly kind: "refuse"; readonly status: number; readonly code: string; readonly message: string }
  /** In milliseconds. */
  | { readonly kind: "delay"; readonly by: number }
  /** Flips one bit of the response, at this position: 0 to 1. */
  | { readonly kind: "flip"; readonly at: number }
  /** Truncates the response to this fraction: 0 to 1. */
  | { readonly kind: "break off"; readonly at: number }
  /** Holds the request until {@link FailingS3.release}. */
  | { readonly kind: "hold" };

/** Returns the fault of a request; undefined for none. */
export type Faults = (request: S3Request) => Fault | undefined;

export const SLOW_DOWN: Fault = {
  kind: "refuse",
  status: 503,
  code: "SlowDown",
  message: "Please reduce your request rate.",
};

/** S3 response to a request without permission. */
export function denied(action: string): Fault {
  return {
    kind: "refuse",
    status: 403,
    code: "AccessDenied",
    message: `User: arn:aws:sts::123456789012:assumed-role/notejam-backup/pod is not authorized to perform: ${action}`,
  };
}

/**
 * S3 rejects requests whose time differs by more: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
const GREATEST_SKEW = 15 * 60_000;
const KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id";

/** Event that happens once and can be awaited. */
class Signal {
  readonly given: Promise<void>;
  give: () => void = () => {};

  constructor() {
    this.given = new Promise((resolve) => {
      this.give = resolve;
    });
  }
}

interface Whole {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Proxy in front of the emulated S3 that injects faults. It also rejects requests with a wrong time or an unknown KMS
 * key, as S3 does and the emulator does not.
 */
export class FailingS3 {
  readonly endpoint: string;
  readonly #held = new Signal();
  readonly #released = new Signal();
  readonly #server: http.Server;
  readonly #store: URL;
  readonly #faults: Faults;
  readonly #counts = new Map<Operation, number>();
  #closed = false;

  private constructor(server: http.Server, port: number, store: string, faults: Faults) {
    this.#server = server;
    this.endpoint = `http://127.0.0.1:${port}`;
    this.#store = new URL(store);
    this.#faults = faults;
  }

  /** @param store - address of the emulated S3 */
  static async open(store: string, faults: Faults = () => undefined): Promise<FailingS3> {
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("no port");
    const s3 = new FailingS3(server, address.port, store, faults);
    server.on("request", (request, response) => {
      // A killed client does not wait for its response.
      s3.#answer(request, response).catch(() => response.destroy());
    });
    return s3;
  }

  /** Waits until the first request is held or delayed. */
  get held(): Promise<void> {
    return this.#held.given;
  }

  /** Continues all held requests, and holds no further ones. */
  release(): void {
    this.#released.give();
  }

  close(): void {
    this.#closed = true;
    this.release();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const fault = this.#faultFor(request);
    if (fault?.kind === "cut") return cut(request, fault.afterBytes);
    // S3 processes a request only after it is complete.
    const body = await wholeOf(request);
    if (fault?.kind === "delay" || fault?.kind === "hold") this.#held.give();
    if (fault?.kind === "delay") await pause(fault.by);
    if (fault?.kind === "hold") await this.#released.given;
    // Requests that are held until the end never reach S3.
    if (this.#closed) return;
    const rejection =
      fault?.kind === "refuse" ? fault : ((await this.#unknownKey(request)) ?? otherTime(request));
    if (rejection) return reject(response, rejection);
    const whole = await this.#forward(request, body);
    if (fault?.kind === "lose answer") request.socket.resetAndDestroy();
    else send(response, whole, fault);
  }

  #faultFor(request: http.IncomingMessage): Fault | undefined {
    const url = new URL(request.url ?? "/", this.endpoint);
    const operation = operationOf(request.method ?? "", url);
    const before = this.#counts.get(operation) ?? 0;
    this.#counts.set(operation, before + 1);
    const [, , ...key] = decodeURIComponent(url.pathname).split("/");
    return this.#faults({
      operation,
      key: key.join("/"),
      part: Number(url.searchParams.get("partNumber") ?? 0),
      before,
    });
  }

  async #forward({ method, url, headers }: http.IncomingMessage, body: Buffer): Promise<Whole> {
    const { expect: _, ...others } = headers;
    const { hostname, port } = this.#store;
    const onward = http.request({ hostname, port, method, path: url, headers: others });
    const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
      onward.once("response", resolve).once("error", reject);
    });
    onward.end(body);
    const answer = await answered;
    return { status: answer.statusCode ?? 500, headers: answer.headers, body: await wholeOf(answer) };
  }

  /** Looks up the key of an object in KMS, as S3 does. */
  async #unknownKey({ headers }: http.IncomingMessage) {
    const key = headers[KEY_HEADER];
    if (typeof key !== "string") return undefined;
    const answer = await fetch(this.#store, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "TrentService.DescribeKey",
        authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/kms/aws4_request",
      },
      body: JSON.stringify({ KeyId: key }),
    });
    await answer.text();
    if (answer.ok) return undefined;
    return { status: 400, code: "KMS.NotFoundException", message: `Key '${key}' does not exist` };
  }
}

function operationOf(method: string, { pathname, searchParams }: URL): Operation {
  const hasKey = pathname.split("/").filter(Boolean).length > 1;
  if (!hasKey) return method === "GET" ? "list" : "other";
  if (method === "GET") return "read";
  if (method === "DELETE") return searchParams.has("uploadId") ? "abort" : "other";
  if (method === "PUT") return searchParams.has("partNumber") ? "part" : "put";
  if (method === "POST") return searchParams.has("uploads") ? "begin" : "complete";
  return "other";
}

function cut(request: http.IncomingMessage, afterBytes: number): void {
  let bytes = 0;
  const reset = () => request.socket.resetAndDestroy();
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes >= afterBytes) reset();
  });
  request.once("end", reset);
}

async function wholeOf(message: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function otherTime({ headers }: http.IncomingMessage) {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers["x-amz-date"])) ?? [];
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time) || Math.abs(time - Date.now()) < GREATEST_SKEW) return undefined;
  return {
    status: 403,
    code: "RequestTimeTooSkewed",
    message: "The difference between the request time and the server's time is too large.",
  };
}

function reject(
  response: http.ServerResponse,
  { status, code, message }: { status: number; code: string; message: string },
): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}

function send(
  response: http.ServerResponse,
  { status, headers, body }: Whole,
  fault: Fault | undefined,
): void {
  response.writeHead(status, headers);
  if (fault?.kind === "break off") {
    response.write(body.subarray(0, Math.floor(body.length * fault.at)), () => response.destroy());
    return;
  }
  response.end(fault?.kind === "flip" ? flipped(body, fault.at) : body);
}

/** Returns the bytes with one bit flipped, at this position: 0 to 1. */
export function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const place = Math.floor(bytes.length * at);
  copy.writeUInt8(copy.readUInt8(place) ^ 1, place);
  return copy;
}
