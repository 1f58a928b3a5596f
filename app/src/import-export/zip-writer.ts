import { promisify } from "node:util";
import { crc32, createDeflateRaw, deflateRaw, type ZlibOptions } from "node:zlib";

/** A file to put into a ZIP. */
export interface ZipEntry {
  /** Path with slashes, in UTF-8. */
  readonly path: string;
  readonly modified: Date;
  /** Whole, or in pieces when it is too large to hold. */
  readonly content: Buffer | AsyncIterable<Buffer>;
}

// The format is described in https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
const VERSION = 45;
const NAME_IS_UTF8 = 0x0800;
const SIZES_FOLLOW = 0x0008;
const STORED = 0;
const DEFLATED = 8;
const MAX16 = 0xffff;
const MAX32 = 0xffffffff;
/** Setting up a compressor costs more than it saves on smaller contents, in bytes. */
const SMALL = 1024;
/** Entries of the directory are kept in chunks of so many. */
const CHUNK = 1_000;

/** Contents up to this size need only a small compressor, in bytes. */
const MODEST = 16 * 1024;

const deflate = promisify<Buffer, ZlibOptions, Buffer>(deflateRaw);

/** A compressor takes 256 kB by itself, which a hundred thousand of them leave behind as holes in memory. */
function compressorFor(content: Buffer): ZlibOptions {
  return content.length < MODEST ? { windowBits: 13, memLevel: 5, chunkSize: content.length } : {};
}

interface Written {
  readonly name: Buffer;
  readonly modified: Date;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  readonly offset: number;
}

/** Date and time as MS-DOS counted them, in UTC, which is at least the same everywhere. */
function dosTime(date: Date): { date: number; time: number } {
  const year = Math.min(Math.max(date.getUTCFullYear(), 1980), 2107);
  return {
    date: ((year - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate(),
    time: (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1),
  };
}

function localHeader({
  name,
  modified,
  flags,
  method,
  crc,
  compressed,
  size,
}: Omit<Written, "offset">): Buffer {
  const header = Buffer.alloc(30);
  const { date, time } = dosTime(modified);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt16LE(time, 10);
  header.writeUInt16LE(date, 12);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(compressed, 18);
  header.writeUInt32LE(size, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name]);
}

function sizesAfter(crc: number, compressed: number, size: number): Buffer {
  const descriptor = Buffer.alloc(16);
  descriptor.writeUInt32LE(0x08074b50, 0);
  descriptor.writeUInt32LE(crc, 4);
  descriptor.writeUInt32LE(compressed, 8);
  descriptor.writeUInt32LE(size, 12);
  return descriptor;
}

function directoryEntry({ name, modified, flags, method, crc, compressed, size, offset }: Written): Buffer {
  const far = offset >= MAX32;
  const extra = Buffer.alloc(far ? 12 : 0);
  if (far) {
    extra.writeUInt16LE(0x0001, 0);
    extra.writeUInt16LE(8, 2);
    extra.writeBigUInt64LE(BigInt(offset), 4);
  }
  const entry = Buffer.alloc(46);
  const { date, time } = dosTime(modified);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(VERSION, 4);
  entry.writeUInt16LE(VERSION, 6);
  entry.writeUInt16LE(flags, 8);
  entry.writeUInt16LE(method, 10);
  entry.writeUInt16LE(time, 12);
  entry.writeUInt16LE(date, 14);
  entry.writeUInt32LE(crc, 16);
  entry.writeUInt32LE(compressed, 20);
  entry.writeUInt32LE(size, 24);
  entry.writeUInt16LE(name.length, 28);
  entry.writeUInt16LE(extra.length, 30);
  entry.writeUInt32LE(far ? MAX32 : offset, 42);
  return Buffer.concat([entry, name, extra]);
}

/** The end of the directory, with the 64-bit forms that many entries or a large file need. */
function directoryEnd(entries: number, size: number, offset: number): Buffer {
  const large = Buffer.alloc(56 + 20);
  large.writeUInt32LE(0x06064b50, 0);
  large.writeBigUInt64LE(44n, 4);
  large.writeUInt16LE(VERSION, 12);
  large.writeUInt16LE(VERSION, 14);
  large.writeBigUInt64LE(BigInt(entries), 24);
  large.writeBigUInt64LE(BigInt(entries), 32);
  large.writeBigUInt64LE(BigInt(size), 40);
  large.writeBigUInt64LE(BigInt(offset), 48);
  large.writeUInt32LE(0x07064b50, 56);
  large.writeBigUInt64LE(BigInt(offset + size), 64);
  large.writeUInt32LE(1, 72);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(entries, MAX16), 8);
  end.writeUInt16LE(Math.min(entries, MAX16), 10);
  end.writeUInt32LE(Math.min(size, MAX32), 12);
  end.writeUInt32LE(Math.min(offset, MAX32), 16);
  return entries >= MAX16 || offset + size >= MAX32 ? Buffer.concat([large, end]) : end;
}

/** Keeps the directory small in memory: a hundred bytes for each file. */
class Directory {
  readonly #chunks: Buffer[] = [];
  #open: Buffer[] = [];
  entries = 0;

  add(written: Written): void {
    this.entries += 1;
    this.#open.push(directoryEntry(written));
    if (this.#open.length < CHUNK) return;
    this.#chunks.push(Buffer.concat(this.#open));
    this.#open = [];
  }

  chunks(): readonly Buffer[] {
    return [...this.#chunks, ...this.#open];
  }
}

/**
 * Writes a ZIP piece by piece, holding only one file at a time whatever their number.
 * A file given in pieces may have up to 4 GB.
 */
export async function* zip(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Buffer> {
  const directory = new Directory();
  let offset = 0;
  for await (const { path, modified, content } of entries) {
    const name = Buffer.from(path);
    const start = offset;
    if (Buffer.isBuffer(content)) {
      const small = content.length < SMALL;
      const data = small ? content : await deflate(content, compressorFor(content));
      const about = {
        name,
        modified,
        flags: NAME_IS_UTF8,
        method: small ? STORED : DEFLATED,
        crc: crc32(content),
        compressed: data.length,
        size: content.length,
      };
      const header = localHeader(about);
      yield Buffer.concat([header, data]);
      offset += header.length + data.length;
      directory.add({ ...about, offset: start });
      continue;
    }
    const about = { name, modified, flags: NAME_IS_UTF8 | SIZES_FOLLOW, method: DEFLATED };
    const header = localHeader({ ...about, crc: 0, compressed: 0, size: 0 });
    yield header;
    const sizes = { crc: 0, compressed: 0, size: 0 };
    for await (const data of compressedPieces(content, sizes)) yield data;
    const descriptor = sizesAfter(sizes.crc, sizes.compressed, sizes.size);
    yield descriptor;
    offset += header.length + sizes.compressed + descriptor.length;
    directory.add({ ...about, ...sizes, offset: start });
  }
  let size = 0;
  for (const chunk of directory.chunks()) {
    size += chunk.length;
    yield chunk;
  }
  yield directoryEnd(directory.entries, size, offset);
}

async function* compressedPieces(
  content: AsyncIterable<Buffer>,
  sizes: { crc: number; compressed: number; size: number },
): AsyncGenerator<Buffer> {
  const deflater = createDeflateRaw();
  const feeding = (async () => {
    try {
      for await (const piece of content) {
        sizes.crc = crc32(piece, sizes.crc);
        sizes.size += piece.length;
        if (!deflater.write(piece)) await new Promise((resolve) => deflater.once("drain", resolve));
      }
      deflater.end();
    } catch (error) {
      deflater.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  })();
  for await (const data of deflater) {
    sizes.compressed += data.length;
    yield data;
  }
  await feeding;
}
