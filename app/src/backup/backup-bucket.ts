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

/** Attempts per call, with pauses of up to 20 seconds: about 30 seconds in total. */
const ATTEMPTS = 8;
/** Attempts to resume a download that makes no progress. */
const DOWNLOAD_ATTEMPTS = 6;
/** First pause before a download is resumed, in milliseconds. Doubled each time. */
const DOWNLOAD_PAUSE = 250;
/** Timeout of a silent connection, in milliseconds. */
const SILENCE_TIMEOUT = 60_000;
const CONNECT_TIMEOUT = 10_000;

const MIB = 1024 * 1024;
/** Minimum size of a part of an upload, in bytes. Parts are held in memory while they are sent. */
const MIN_PART_BYTES = 8 * MIB;
/** S3 accepts 10,000 parts. The rest is for a database that grows during the dump. */
const MAX_PARTS = 8_000;
/** Number of parts sent at once. */
const CONCURRENT_PARTS = 2;

/** Location of a dump in S3. */
export interface StoredDump {
  readonly key: string;
  readonly versionId: string | undefined;
}

/** Content of the bucket at one moment. */
export interface Listing {
  /** The moment, by the clock of S3. */
  readonly now: Date;
  /** Newest first. */
  readonly backups: readonly Backup[];
}

/** Size of an upload's parts, in bytes, for a dump of at most the expected size. */
export function partSizeFor(expectedBytes: number): number {
  return Math.max(MIN_PART_BYTES, Math.ceil(expectedBytes / MAX_PARTS / MIB) * MIB);
}

function clientFor(endpoint: string | undefined): S3Client {
  const options: S3ClientConfig = {
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT, socketTimeout: SILENCE_TIMEOUT },
  };
  // S3-compatible servers have no host name per bucket.
  return new S3Client(endpoint ? { ...options, endpoint, forcePathStyle: true } : options);
}

function dateHeaderOf(response: unknown): string | undefined {
  if (typeof response !== "object" || response === null || !("headers" in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== "object" || headers === null || !("date" in headers)) return undefined;
  return typeof headers.date === "string" ? headers.date : undefined;
}

/** The bucket of backups. Every error is a {@link BackupError} with a hint. */
export class BackupBucket {
  readonly name: string;
  readonly #client: S3Client;
  readonly #keyArn: string | undefined;
  #clock: { readonly time: number; readonly readAt: number } | undefined;

  constructor({ bucket, endpoint, keyArn }: BackupConfig) {
    if (!bucket) {
      throw new BackupError("BACKUP_BUCKET is not set. Set it to the name of the backup bucket.", {
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

  /**
   * The time by the clock of S3, so that clock skew of this machine does not matter. Known after the first response.
   */
  get now(): Date {
    if (!this.#clock) return new Date();
    return new Date(this.#clock.time + performance.now() - this.#clock.readAt);
  }

  /** Address of an object, for messages. */
  addressOf(key: string): string {
    return `s3://${this.name}/${key}`;
  }

  /** Lists all backups. */
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
   * Uploads a dump as a stream, with few parts in memory. If the upload or its source fails, its parts are removed.
   *
   * @param source - must throw if the dump is incomplete, or to abort the upload
   * @param partSize - in bytes
   */
  async putDump(id: string, source: AsyncIterable<Uint8Array>, partSize: number): Promise<StoredDump> {
    const key = dumpKeyOf(id);
    const recorder = new FailureRecorder(source);
    const upload = new Upload({
      client: this.#client,
      partSize,
      queueSize: CONCURRENT_PARTS,
      params: {
        Bucket: this.name,
        Key: key,
        Body: Readable.from(recorder.read(), { objectMode: false }),
        ContentType: "application/octet-stream",
        ...this.#protection(),
      },
    });
    try {
      const { VersionId } = await upload.done();
      return { key, versionId: VersionId };
    } catch (error) {
      // The reason for the failure is reported even if its parts could not be removed.
      throw explainS3(recorder.failure ?? error, `The dump cannot be written to ${this.addressOf(key)}`);
    }
  }

  /** Writes the manifest. Only then is the backup complete. */
  putManifest(manifest: Manifest): Promise<void> {
    return this.#putJson(manifestKeyOf(manifest.id), manifest);
  }

  /** Writes the report of a restore test. */
  putRestoreTest(id: string, report: object): Promise<void> {
    return this.#putJson(restoreTestKeyOf(id, this.now), report);
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

  /** S3 verifies the checksum. A bucket with default retention requires one. */
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

  /** Reads the manifest of a backup. @throws {BackupError} if it is invalid or belongs to another backup */
  async manifestOf(id: string): Promise<Manifest> {
    const key = manifestKeyOf(id);
    const address = this.addressOf(key);
    try {
      const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
      const manifest = parseManifest((await Body?.transformToString("utf8")) ?? "", address);
      validateIdentity(manifest, id, address);
      return manifest;
    } catch (error) {
      if (isMissing(error)) {
        throw new BackupError(
          `The backup ${id} has no manifest (${address}): it is incomplete. \`notejam backups\` lists all backups.`,
          { cause: error },
        );
      }
      throw explainS3(error, `The manifest ${address} cannot be read`);
    }
  }

  /** Reads a dump. Resumes an interrupted download. */
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
        // Shorter than the manifest says. The caller verifies the size.
        return;
      } catch (error) {
        if (isMissing(error) && versionId !== undefined) {
          // A replicated or copied dump has another version id.
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

/** Records why its source failed. */
class FailureRecorder {
  readonly #source: AsyncIterable<Uint8Array>;
  failure: unknown;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#source;
    } catch (error) {
      // A failed upload ends its source with an AbortError, which is not an error of the source.
      if (!(error instanceof Error && error.name === "AbortError")) this.failure = error;
      throw error;
    }
  }
}

/** Prevents a restore test from reporting success for a backup that it did not read. */
function validateIdentity({ id, dump }: Manifest, expected: string, address: string): void {
  if (id === expected && dump.key === dumpKeyOf(expected)) return;
  throw new BackupError(
    `${address} belongs to another backup (${id}, with the dump ${dump.key}). Nothing was changed. Use another backup: \`notejam backups\` lists them.`,
  );
}
