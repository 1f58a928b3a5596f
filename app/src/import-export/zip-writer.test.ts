import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { open } from "yauzl";
import { ZipReader } from "./zip-reader.js";
import { type ZipEntry, zip } from "./zip-writer.js";

async function fileOf(entries: AsyncIterable<ZipEntry>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of zip(entries)) pieces.push(piece);
  const file = path.join(mkdtempSync(path.join(tmpdir(), "notejam-zip-")), "test.zip");
  writeFileSync(file, Buffer.concat(pieces));
  return file;
}

it("writes buffers and streams, large and empty, with names in any script", async () => {
  const large = Buffer.from("0123456789".repeat(50_000));
  async function* entries(): AsyncGenerator<ZipEntry> {
    const modified = new Date("2026-01-02T03:04:06Z");
    yield { path: "ordner/größe 😀.txt", modified, content: large };
    yield { path: "empty", modified, content: Buffer.alloc(0) };
    yield {
      path: "pieces",
      modified,
      content: (async function* () {
        yield Buffer.from("one ");
        yield Buffer.from("two");
      })(),
    };
    yield { path: "last", modified, content: Buffer.from("last") };
  }
  const reader = await ZipReader.open(await fileOf(entries()));
  expect((await reader.read("ordner/größe 😀.txt", 1e6)).equals(large)).toBe(true);
  expect((await reader.read("empty", 1)).length).toBe(0);
  expect((await reader.read("pieces", 100)).toString()).toBe("one two");
  expect((await reader.read("last", 100)).toString()).toBe("last");
  await expect(reader.read("last", 3)).rejects.toThrow(/larger than 3 bytes/);
  reader.close();
});

it("writes more files than the old format could count", async () => {
  async function* entries(): AsyncGenerator<ZipEntry> {
    const modified = new Date();
    for (let number = 0; number < 66_000; number += 1)
      yield { path: `${number}`, modified, content: Buffer.alloc(1) };
  }
  const file = await fileOf(entries());
  // Reading the whole directory would take longer than writing it. Its end has the number of files.
  const count = await new Promise((resolve, reject) => {
    open(file, { lazyEntries: true }, (error, opened) =>
      opened ? resolve(opened.entryCount) : reject(error),
    );
  });
  expect(count).toBe(66_000);
});
