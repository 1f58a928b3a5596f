import { createHash } from "node:crypto";

/** Counts and hashes a stream while it is read once. */
export class MeasuredStream {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #hash = createHash("sha256");
  readonly #onProgress: (bytes: number) => void;
  #digest: string | undefined;
  #bytes = 0;

  /** @param onProgress - called with the number of bytes so far */
  constructor(source: AsyncIterable<Uint8Array>, onProgress: (bytes: number) => void) {
    this.#source = source;
    this.#onProgress = onProgress;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#source) {
      this.#hash.update(chunk);
      this.#bytes += chunk.length;
      this.#onProgress(this.#bytes);
      yield chunk;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** SHA-256 of the whole stream. Only valid after it was read completely. */
  get sha256(): string {
    this.#digest ??= this.#hash.digest("hex");
    return this.#digest;
  }
}
