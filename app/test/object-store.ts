import { type ChildProcess, spawn } from "node:child_process";
import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  paginateListObjectsV2,
  S3Client,
} from "@aws-sdk/client-s3";
import { freePort } from "./postgres-server.js";

/** Moto, which answers as S3 and CloudWatch: https://docs.getmoto.org */
const PROGRAM = "moto_server";
const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };
const REGION = "eu-west-1";
const START_ATTEMPTS = 300;

/** A response that replaces that of the store; undefined: the request is forwarded to the store. */
export type Disturbance = (request: http.IncomingMessage) => "cut" | number | undefined;

/** An emulated S3 and CloudWatch in a child process, behind a proxy that can inject faults. */
export class ObjectStore {
  /** Called for each request. */
  disturb: Disturbance = () => undefined;
  /** Requests so far: method, address and headers. */
  readonly requests: { method: string; url: string; headers: http.IncomingHttpHeaders }[] = [];
  readonly client: S3Client;
  readonly #process: ChildProcess;
  readonly #proxy: http.Server;
  readonly #port: number;
  readonly endpoint: string;

  private constructor(child: ChildProcess, port: number, proxyPort: number) {
    this.#process = child;
    this.#port = port;
    this.endpoint = `http://127.0.0.1:${proxyPort}`;
    this.#proxy = http.createServer((request, response) => this.#forward(request, response));
    this.client = new S3Client({
      endpoint: `http://127.0.0.1:${port}`,
      region: REGION,
      credentials: CREDENTIALS,
      forcePathStyle: true,
    });
  }

  static async start(): Promise<ObjectStore> {
    const [port, proxyPort] = [await freePort(), await freePort()];
    const child = spawn(PROGRAM, ["-H", "127.0.0.1", "-p", String(port)], {
      stdio: "ignore",
      // Few keys per page, so that lists have several pages.
      env: { ...process.env, MOTO_S3_DEFAULT_MAX_KEYS: "3" },
    });
    const store = new ObjectStore(child, port, proxyPort);
    await new Promise<void>((resolve) => store.#proxy.listen(proxyPort, "127.0.0.1", resolve));
    for (let attempt = 0; attempt < START_ATTEMPTS; attempt += 1) {
      const answers = await fetch(`http://127.0.0.1:${port}/moto-api/data.json`).then(
        () => true,
        () => false,
      );
      if (answers) return store;
      await pause(100);
    }
    await store.stop();
    throw new Error("The emulated S3 did not start within 30 seconds");
  }

  /** Environment variables of a program that uses a bucket of this store. */
  environmentFor(bucket: string): Record<string, string> {
    return {
      BACKUP_BUCKET: bucket,
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    };
  }

  #forward(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { method = "", url = "", headers } = request;
    this.requests.push({ method, url, headers });
    const disturbance = this.disturb(request);
    if (disturbance === "cut") {
      request.socket.destroy();
      return;
    }
    if (disturbance !== undefined) {
      request.resume();
      response.writeHead(disturbance, { "content-type": "application/xml" });
      response.end(`<Error><Code>${disturbance === 503 ? "SlowDown" : "AccessDenied"}</Code></Error>`);
      return;
    }
    const onward = http.request(
      { host: "127.0.0.1", port: this.#port, method, path: url, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  }

  /** Creates a bucket like the platform: versioned, with objects locked for three years. */
  async createBucket(bucket: string): Promise<void> {
    await this.client.send(
      new CreateBucketCommand({
        Bucket: bucket,
        ObjectLockEnabledForBucket: true,
        CreateBucketConfiguration: { LocationConstraint: REGION },
      }),
    );
    await this.client.send(
      new PutObjectLockConfigurationCommand({
        Bucket: bucket,
        ObjectLockConfiguration: {
          ObjectLockEnabled: "Enabled",
          Rule: { DefaultRetention: { Mode: "COMPLIANCE", Days: 1095 } },
        },
      }),
    );
  }

  async keys(bucket: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2(
      { client: this.client },
      { Bucket: bucket },
    )) {
      keys.push(...Contents.map(({ Key = "" }) => Key));
    }
    return keys;
  }

  /** Multipart uploads that were neither completed nor aborted. */
  async unfinishedUploads(bucket: string): Promise<number> {
    const { Uploads = [] } = await this.client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    return Uploads.length;
  }

  async read(bucket: string, key: string): Promise<Buffer> {
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  async write(bucket: string, key: string, content: Buffer | string): Promise<void> {
    await this.client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: content, ChecksumAlgorithm: "SHA256" }),
    );
  }

  async stop(): Promise<void> {
    this.client.destroy();
    this.#proxy.closeAllConnections();
    this.#proxy.close();
    if (this.#process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGKILL");
    await ended;
  }
}
