import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/** A request to S3. */
export type Operation = "list" | "read" | "put" | "begin" | "part" | "complete" | "abort" | "other";

/** A request as far as a fault is chosen by it. */
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
  /** The connection is reset when so many bytes of the request have arrived; S3 sees nothing of it. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** S3 does what it was asked, and the connection is reset before the answer. */
  | { readonly kind: "lose answer" }
  | { readonly kind: "refuse"; readonly status: number; readonly code: string; readonly message: string }
  /** In milliseconds. */
  | { readonly kind: "delay"; readonly by: number }
  /** One bit of the answer is another one; the place is a share of the whole. */
  | { readonly kind: "flip"; readonly at: number }
  /** The answer breaks off; how much of it arrives is a share of the whole. */
  | { readonly kind: "break off"; readonly at: number }
  /** Nothing happens until {@link FailingS3.release}. */
  | { readonly kind: "hold" };

/** Chooses what happens to a request; undefined: what S3 does. */
export type Faults = (request: S3Request) => Fault | undefined;

export const SLOW_DOWN: Fault = {
  kind: "refuse",
  status: 503,
  code: "SlowDown",
  message: "Please reduce your request rate.",
};

/** An answer of S3 to who may not do something. */
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

/** Something that happens once, and is waited for. */
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
 * A way to the emulated S3 on which requests meet faults. It also does two things that S3 does and the emulator does not:
 * it rejects requests with a wrong time, and keys that KMS does not know.
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
      // A client that was killed does not wait for its answer.
      s3.#answer(request, response).catch(() => response.destroy());
    });
    return s3;
  }

  /** Waits until the first request is held or delayed. */
  get held(): Promise<void> {
    return this.#held.given;
  }

  /** Lets all requests go on that are held, and holds no more. */
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
    // S3 does nothing before it has everything.
    const body = await wholeOf(request);
    if (fault?.kind === "delay" || fault?.kind === "hold") this.#held.give();
    if (fault?.kind === "delay") await pause(fault.by);
    if (fault?.kind === "hold") await this.#released.given;
    // What was held until the end never reached S3.
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

  /** KMS is asked for the key that is to encrypt an object, as S3 asks it. */
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

/** The same bytes but for one bit; the place is a share of the whole. */
export function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const place = Math.floor(bytes.length * at);
  copy.writeUInt8(copy.readUInt8(place) ^ 1, place);
  return copy;
}
