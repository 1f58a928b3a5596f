import { existsSync, readFileSync } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { Overloaded } from "../work-queue.js";
import { UploadStorage } from "./upload-storage.js";

const bytes = (count: number) => Readable.from([Buffer.alloc(count, "x")]);

describe("the room for uploads", () => {
  it("keeps what fits, and the next one when the first is done", async () => {
    const room = new UploadStorage(100);
    for (let upload = 0; upload < 3; upload += 1) {
      const place = room.place();
      await place.store(bytes(100));
      expect(readFileSync(place.file)).toHaveLength(100);
      await place.giveBack();
      expect(existsSync(place.file)).toBe(false);
    }
  });

  it("takes many small ones at once, and refuses what would be too much together", async () => {
    const room = new UploadStorage(100);
    const places = Array.from({ length: 20 }, () => room.place());
    await Promise.all(places.map((place) => place.store(bytes(5))));
    const late = room.place();
    await expect(late.store(bytes(1))).rejects.toThrow(Overloaded);
    await late.giveBack();
    await Promise.all(places.map((place) => place.giveBack()));
    await places[0]?.giveBack();
    const next = room.place();
    await next.store(bytes(100));
    await expect(room.place().store(bytes(1))).rejects.toThrow(Overloaded);
    await next.giveBack();
  });

  it("ends an upload that was given up while it arrived, and counts nothing of it any more", async () => {
    const room = new UploadStorage(100);
    const place = room.place();
    const upload = new PassThrough();
    const stored = place.store(upload);
    upload.write(Buffer.alloc(60));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await place.giveBack();
    upload.write(Buffer.alloc(30));
    await expect(stored).rejects.toThrow("given up");
    const next = room.place();
    await next.store(bytes(100));
    await next.giveBack();
  });
});
