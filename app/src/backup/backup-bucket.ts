import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import {
  ChecksumAlgorithm,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  ServerSideEncryption,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import type { BackupConfig } from "../config.js";
import { BackupError } from "./backup-error.js";
import { type Backup, backupsOf, type StoredObject } from "./backup-list.js";
import { type Manifest, parseManifest } from "./backup-manifest.js";
import { DUMPS, dumpKeyOf, manifestKeyOf, RESTORE_TESTS, restoreTestKeyOf } from "./backup-names.js";
import { explainS3, isMissing, isPassing } from "./s3-errors.js";

/** How often a call is tried, with growing pauses of up to 20 seconds: about half a minute in all. */
const ATTEMPTS = 8;
/** How often a download is taken up again without having brought anything. */
const DOWNLOAD_ATTEMPTS = 6;
/** First pause before a download is taken up again; doubled each time, in milliseconds. */
const DOWNLOAD_PAUSE = 250;
/** Longest that S3 may say nothing, in milliseconds. */
const SILENCE_TIMEOUT = 60_000;
const CONNECT_TIMEOUT = 10_000;

const MIB = 1024 * 1024;
/** Least size of a part of an upload, which is held in memory while it is sent. */
const LEAST_PART = 8 * MIB;
/** S3 takes 10,000 parts; the rest is for a dump that grows while it is written. */
const MOST_PARTS = 8_000;
/** Parts sent at once. */
const PARTS_AT_ONCE = 2;

/** A dump as S3 has it. */
export interface StoredDump {
  readonly key: string;
  readonly versionId: string | undefined;
}

/** What was in the bucket at one moment. */
export interface Listing {
  /** The moment, by S3's clock. */
  readonly now: Date;
  /** The newest first. */
  readonly backups: readonly Backup[];
}

/** Size of an upload's parts, in bytes, for a dump that is not larger than expected. */
export function partSizeFor(expectedBytes: number): number {
  return Math.max(LEAST_PART, Math.ceil(expectedBytes / MOST_PARTS / MIB) * MIB);
}

function clientFor(endpoint: string | undefined): S3Client {
  const options: S3ClientConfig = {
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT, socketTimeout: SILENCE_TIMEOUT },
  };
  // Other servers than AWS's have no host name for each bucket.
  return new S3Client(endpoint ? { ...options, endpoint, forcePathStyle: true } : options);
}

function dateHeaderOf(response: unknown): string | undefined {
  if (typeof response !== "object" || response === null || !("headers" in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== "object" || headers === null || !("date" in headers)) return undefined;
  return typeof headers.date === "string" ? headers.date : undefined;
}

/** The bucket of backups. Every failure is a {@link BackupError} that says what to do. */
export class BackupBucket {
  readonly name: string;
  readonly #client: S3Client;
  readonly #keyArn: string | undefined;
  #clock: { readonly time: number; readonly readAt: number } | undefined;

  constructor({ bucket, endpoint, keyArn }: BackupConfig) {
    if (!bucket) {
      throw new BackupError("BACKUP_BUCKET is not set: it names the bucket of backups. See app/README.md.", {
        exitStatus: 2,
      });
    }
    this.name = bucket;
    this.#keyArn = keyArn;
    this.#client = clientFor(endpoint);
    this.#client.middlewareStack.add(
      (next) => async (call) => {
        const result = await next(call);
        this.#setClock(dateHeaderOf(result.response));
        return result;
      },
      { step: "deserialize", name: "readClockOfS3", priority: "low" },
    );
  }

  #setClock(header: string | undefined): void {
    const time = Date.parse(header ?? "");
    if (!Number.isNaN(time)) this.#clock = { time, readAt: performance.now() };
  }

  /** The time by S3's clock, which no skew of this machine's changes. Known once S3 has answered anything. */
  get now(): Date {
    if (!this.#clock) return new Date();
    return new Date(this.#clock.time + performance.now() - this.#clock.readAt);
  }

  /** Address of an object, for messages. */
  addressOf(key: string): string {
    return `s3://${this.name}/${key}`;
  }

  /** Everything there is. */
  async list(): Promise<Listing> {
    const objects = [...(await this.#listBelow(DUMPS)), ...(await this.#listBelow(RESTORE_TESTS))];
    return { now: this.now, backups: backupsOf(objects) };
  }

  async #listBelow(prefix: string): Promise<StoredObject[]> {
    const objects: StoredObject[] = [];
    let token: string | undefined;
    try {
      do {
        const page = await this.#client.send(
          new ListObjectsV2Command({ Bucket: this.name, Prefix: prefix, ContinuationToken: token }),
        );
        for (const { Key = "", Size = 0 } of page.Contents ?? []) objects.push({ key: Key, bytes: Size });
        token = page.NextContinuationToken;
      } while (token);
    } catch (error) {
      throw explainS3(error, `The backups in ${this.addressOf(prefix)} cannot be listed`);
    }
    return objects;
  }

  /**
   * Uploads a dump while it is made, in parts of which few are in memory. When anything fails, the source included,
   * nothing of it is left.
   *
   * @param source - must throw unless the dump is whole; throwing is also how an upload is stopped
   * @param partSize - in bytes
   */
  async putDump(id: string, source: AsyncIterable<Uint8Array>, partSize: number): Promise<StoredDump> {
    const key = dumpKeyOf(id);
    const watched = new WatchedSource(source);
    const upload = new Upload({
      client: this.#client,
      partSize,
      queueSize: PARTS_AT_ONCE,
      params: {
        Bucket: this.name,
        Key: key,
        Body: Readable.from(watched.read(), { objectMode: false }),
        ContentType: "application/octet-stream",
        ...this.#protection(),
      },
    });
    try {
      const { VersionId } = await upload.done();
      return { key, versionId: VersionId };
    } catch (error) {
      // That the parts could not be taken away either does not hide why they had to be.
      throw explainS3(watched.failure ?? error, `The dump cannot be written to ${this.addressOf(key)}`);
    }
  }

  /** Writes the manifest: from now on the backup counts. */
  putManifest(manifest: Manifest): Promise<void> {
    return this.#putJson(manifestKeyOf(manifest.id), manifest);
  }

  /** Writes down what a restore test proved. */
  putRestoreTest(id: string, proof: object): Promise<void> {
    return this.#putJson(restoreTestKeyOf(id, this.now), proof);
  }

  async #putJson(key: string, content: object): Promise<void> {
    try {
      await this.#client.send(
        new PutObjectCommand({
          Bucket: this.name,
          Key: key,
          Body: `${JSON.stringify(content, null, 2)}\n`,
          ContentType: "application/json",
          ...this.#protection(),
        }),
      );
    } catch (error) {
      throw explainS3(error, `${this.addressOf(key)} cannot be written`);
    }
  }

  /** S3 compares the checksum with what arrives; a bucket with a default retention demands one. */
  #protection() {
    const checked = { ChecksumAlgorithm: ChecksumAlgorithm.SHA256 };
    if (!this.#keyArn) return checked;
    return {
      ...checked,
      ServerSideEncryption: ServerSideEncryption.aws_kms,
      SSEKMSKeyId: this.#keyArn,
      BucketKeyEnabled: true,
    };
  }

  /** Reads a backup's manifest. @throws {BackupError} when it is not whole, or another backup's */
  async manifestOf(id: string): Promise<Manifest> {
    const key = manifestKeyOf(id);
    const address = this.addressOf(key);
    try {
      const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
      const manifest = parseManifest((await Body?.transformToString("utf8")) ?? "", address);
      refuseAnother(manifest, id, address);
      return manifest;
    } catch (error) {
      if (isMissing(error)) {
        throw new BackupError(
          `The backup ${id} has no manifest (${address}): it was never finished and does not count. \`notejam backups\` lists those that do.`,
          { cause: error },
        );
      }
      throw explainS3(error, `The manifest ${address} cannot be read`);
    }
  }

  /** Reads a dump. A connection that breaks is taken up again where it broke. */
  async *readDump({ dump }: Manifest): AsyncGenerator<Uint8Array> {
    let offset = 0;
    let failures = 0;
    let versionId = dump.versionId;
    while (offset < dump.bytes) {
      try {
        for await (const chunk of await this.#download(dump.key, versionId, offset)) {
          offset += chunk.length;
          failures = 0;
          yield chunk;
        }
        // Shorter than the manifest says: the caller, who measures, says so.
        return;
      } catch (error) {
        if (isMissing(error) && versionId !== undefined) {
          // A copy of the dump has a version of its own.
          versionId = undefined;
          continue;
        }
        failures += 1;
        if (failures >= DOWNLOAD_ATTEMPTS || !isPassing(error)) {
          throw explainS3(error, `The dump ${this.addressOf(dump.key)} cannot be read`);
        }
        await pause(DOWNLOAD_PAUSE * 2 ** (failures - 1));
      }
    }
  }

  async #download(
    key: string,
    versionId: string | undefined,
    offset: number,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { Body } = await this.#client.send(
      new GetObjectCommand({
        Bucket: this.name,
        Key: key,
        VersionId: versionId,
        ...(offset > 0 ? { Range: `bytes=${offset}-` } : {}),
      }),
    );
    if (!(Body instanceof Readable)) throw new Error("S3 answered without content");
    return Body;
  }

  close(): void {
    this.#client.destroy();
  }
}

/** Remembers why its source failed. */
class WatchedSource {
  readonly #source: AsyncIterable<Uint8Array>;
  failure: unknown;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#source;
    } catch (error) {
      // An upload that fails ends its source with an AbortError: that is no failure of the source.
      if (!(error instanceof Error && error.name === "AbortError")) this.failure = error;
      throw error;
    }
  }
}

/** A proof would be written about a backup that was never read. */
function refuseAnother({ id, dump }: Manifest, expected: string, address: string): void {
  if (id === expected && dump.key === dumpKeyOf(expected)) return;
  throw new BackupError(
    `${address} is of another backup (${id}, with the dump ${dump.key}). Nothing was changed. Take another one: \`notejam backups\` lists them.`,
  );
}
