import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../test/random.js";
import { UnreadableZip, ZipReader } from "./zip-reader.js";
import { type ZipEntry, zip } from "./zip-writer.js";

const TEXTS = Array.from({ length: 8 }, (_, index) => `${"hello ".repeat(200)}${index}`);
const MOST = 10_000;

async function* entries(): AsyncGenerator<ZipEntry> {
  for (const [index, text] of TEXTS.entries()) {
    yield { path: `${index}.txt`, modified: new Date(0), content: Buffer.from(text) };
  }
}

describe("a ZIP", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "notejam-zip-"));
  const file = path.join(folder, "a.zip");
  let whole: Buffer;
  beforeAll(async () => {
    const pieces: Buffer[] = [];
    for await (const piece of zip(entries())) pieces.push(piece);
    whole = Buffer.concat(pieces);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Texts of the files that are still named in it. */
  async function read(content: Buffer): Promise<Map<number, string>> {
    writeFileSync(file, content);
    const reader = await ZipReader.open(file);
    try {
      const texts = new Map<number, string>();
      for (const index of TEXTS.keys()) {
        const name = `${index}.txt`;
        if (reader.has(name)) texts.set(index, (await reader.read(name, MOST)).toString());
      }
      return texts;
    } finally {
      reader.close();
    }
  }

  it("gives back what was put into it", async () => {
    expect([...(await read(whole)).values()]).toEqual(TEXTS);
  });

  it("with any bytes changed or missing is read right or refused, and never waited for", async () => {
    const random = new Random(1);
    let refused = 0;
    for (let round = 0; round < 150; round += 1) {
      const copy = Buffer.from(
        whole.subarray(0, random.chance(0.8) ? whole.length : random.below(whole.length)),
      );
      for (let flips = random.below(6); flips > 0 && copy.length > 0; flips -= 1) {
        copy[random.below(copy.length)] = random.pick([0, 1, 8, 255]);
      }
      try {
        for (const [index, text] of await read(copy)) expect(text).toBe(TEXTS[index]);
      } catch (error) {
        if (!(error instanceof UnreadableZip)) throw error;
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(75);
  });

  it("is refused when a file has more bytes than are wanted", async () => {
    writeFileSync(file, whole);
    const reader = await ZipReader.open(file);
    await expect(reader.read("0.txt", 100)).rejects.toThrow("larger than 100 bytes");
    reader.close();
  });
});
