import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Overloaded } from "../work-queue.js";

/** Temporary storage for the uploads of one process, with a limit on their total size. */
export class UploadStorage {
  readonly #size: number;
  #used = 0;

  /** @param size in bytes */
  constructor(size: number) {
    this.#size = size;
  }

  /** Opens storage for one upload, which must be deleted afterwards. */
  open(): StoredUpload {
    let taken = 0;
    return new StoredUpload({
      take: (bytes) => {
        if (this.#used + bytes > this.#size) throw new Overloaded("The storage for uploads is full");
        this.#used += bytes;
        taken += bytes;
      },
      release: () => {
        this.#used -= taken;
        taken = 0;
      },
    });
  }
}

interface Account {
  readonly take: (bytes: number) => void;
  readonly release: () => void;
}

/** The temporary file of one upload. */
export class StoredUpload {
  readonly file = path.join(tmpdir(), `notejam-import-${randomUUID()}.zip`);
  readonly #account: Account;
  #isDeleted = false;

  constructor(account: Account) {
    this.#account = account;
  }

  /** Writes the whole upload to the file. @throws {Overloaded} if the storage is full */
  async store(upload: Readable): Promise<void> {
    await pipeline(upload, (chunks) => this.#counted(chunks), createWriteStream(this.file, { mode: 0o600 }));
  }

  /** Deletes the file. An upload that is still arriving fails with its next chunk. */
  async delete(): Promise<void> {
    this.#isDeleted = true;
    await rm(this.file, { force: true });
    this.#account.release();
  }

  async *#counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      if (this.#isDeleted) throw new Error("The upload was aborted");
      this.#account.take(chunk.length);
      yield chunk;
    }
  }
}
