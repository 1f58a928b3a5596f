import { existsSync, readFileSync } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { Overloaded } from "../work-queue.js";
import { UploadStorage } from "./upload-storage.js";

const bytes = (count: number) => Readable.from([Buffer.alloc(count, "x")]);

describe("the storage for uploads", () => {
  it("stores an upload that fits, and the next one after the first was deleted", async () => {
    const storage = new UploadStorage(100);
    for (let upload = 0; upload < 3; upload += 1) {
      const place = storage.open();
      await place.store(bytes(100));
      expect(readFileSync(place.file)).toHaveLength(100);
      await place.delete();
      expect(existsSync(place.file)).toBe(false);
    }
  });

  it("stores many small uploads at once, and rejects more than its size", async () => {
    const storage = new UploadStorage(100);
    const places = Array.from({ length: 20 }, () => storage.open());
    await Promise.all(places.map((place) => place.store(bytes(5))));
    const late = storage.open();
    await expect(late.store(bytes(1))).rejects.toThrow(Overloaded);
    await late.delete();
    await Promise.all(places.map((place) => place.delete()));
    await places[0]?.delete();
    const next = storage.open();
    await next.store(bytes(100));
    await expect(storage.open().store(bytes(1))).rejects.toThrow(Overloaded);
    await next.delete();
  });

  it("aborts an upload that was deleted while it arrived, and frees its space", async () => {
    const storage = new UploadStorage(100);
    const place = storage.open();
    const upload = new PassThrough();
    const stored = place.store(upload);
    upload.write(Buffer.alloc(60));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await place.delete();
    upload.write(Buffer.alloc(30));
    await expect(stored).rejects.toThrow("aborted");
    const next = storage.open();
    await next.store(bytes(100));
    await next.delete();
  });
});
