import { crc32 } from "node:zlib";
import { type Entry, open, type ZipFile } from "yauzl";
import { MAX_ENTRIES } from "./limits.js";

/** The file is not a readable ZIP. */
export class UnreadableZip extends Error {
  override readonly name = "UnreadableZip";
}

/** Reads files of a ZIP in any order. */
export class ZipReader {
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#zip = zip;
    this.#entries = entries;
  }

  /** Opens a ZIP and reads its directory. @throws {UnreadableZip} */
  static async open(path: string): Promise<ZipReader> {
    const zip = await new Promise<ZipFile>((resolve, reject) => {
      open(path, { lazyEntries: true, autoClose: false, validateEntrySizes: true }, (error, opened) => {
        if (opened) resolve(opened);
        else reject(new UnreadableZip(error?.message ?? "not a ZIP"));
      });
    });
    try {
      return new ZipReader(zip, await directoryOf(zip));
    } catch (error) {
      zip.close();
      throw error;
    }
  }

  /** Returns true if the ZIP contains the file. */
  has(path: string): boolean {
    return this.#entries.has(path);
  }

  /** Reads a file. @throws {UnreadableZip} if it is missing, damaged or larger than `most` bytes */
  async read(path: string, most: number): Promise<Buffer> {
    const entry = this.#entries.get(path);
    if (!entry) throw new UnreadableZip(`${path} is missing`);
    if (entry.uncompressedSize > most) throw new UnreadableZip(`${path} is larger than ${most} bytes`);
    const content = await this.#contentOf(entry).catch((error: unknown) => {
      throw new UnreadableZip(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
    });
    // The library does not verify checksums.
    if (crc32(content) !== entry.crc32) throw new UnreadableZip(`${path} is damaged`);
    return content;
  }

  async #contentOf(entry: Entry): Promise<Buffer> {
    return contentOf(await this.#streamOf(entry));
  }

  #streamOf(entry: Entry): Promise<NodeJS.ReadableStream> {
    return new Promise((resolve, reject) => {
      this.#zip.openReadStream(entry, (error, stream) => {
        if (stream) resolve(stream);
        else reject(error ?? new Error("no content"));
      });
    });
  }

  close(): void {
    this.#zip.close();
  }
}

/** Reads by events, because the stream of an uncompressed file never closes and iterating would not end. */
function contentOf(stream: NodeJS.ReadableStream): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    stream.on("error", reject);
    stream.on("end", () => resolve(Buffer.concat(pieces)));
  });
}

function directoryOf(zip: ZipFile): Promise<Map<string, Entry>> {
  if (zip.entryCount > MAX_ENTRIES) throw new UnreadableZip(`it has more than ${MAX_ENTRIES} files`);
  return new Promise((resolve, reject) => {
    const entries = new Map<string, Entry>();
    zip.on("error", (error: Error) => reject(new UnreadableZip(error.message)));
    zip.on("end", () => resolve(entries));
    zip.on("entry", (entry: Entry) => {
      entries.set(entry.fileName, entry);
      zip.readEntry();
    });
    zip.readEntry();
  });
}
