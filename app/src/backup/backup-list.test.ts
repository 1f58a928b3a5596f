import { describe, expect, it } from "vitest";
import type { StoredObject } from "./backup-list.js";
import { backupsOf, newestComplete, newestVerified } from "./backup-list.js";
import {
  dumpKeyOf,
  isBackupId,
  manifestKeyOf,
  newBackupId,
  restoreTestKeyOf,
  takenAtOf,
} from "./backup-names.js";
import { chooseBackup } from "./choose-backup.js";

const OLD = "20261122T040000Z-00000001";
const MIDDLE = "20261122T080000Z-00000002";
const NEW = "20261122T120000Z-00000003";

const object = (key: string, bytes = 10): StoredObject => ({ key, bytes });
const whole = (id: string) => [object(dumpKeyOf(id)), object(manifestKeyOf(id))];
const proven = (id: string, at: string) => object(restoreTestKeyOf(id, new Date(at)));
const listing = (...objects: StoredObject[]) => ({ now: new Date(), backups: backupsOf(objects) });

describe("the names of backups", () => {
  it("start with their time and contain it in their folder", () => {
    const id = newBackupId(new Date("2026-11-22T20:15:03.999Z"));
    expect(id).toMatch(/^20261122T201503Z-[0-9a-f]{8}$/);
    expect(takenAtOf(id)).toEqual(new Date("2026-11-22T20:15:03Z"));
    expect(dumpKeyOf(id)).toBe(`dumps/2026/11/22/${id}/notejam.dump`);
    expect(manifestKeyOf(id)).toBe(`dumps/2026/11/22/${id}/manifest.json`);
  });

  it.each(["", "latest", "20261122T201503Z", "20269999T201503Z-1a2b3c4d", `${OLD}/..`])(
    "are not %j",
    (text) => {
      expect(isBackupId(text)).toBe(false);
    },
  );
});

describe("the list of backups", () => {
  it("is in the order of their snapshots, and counts only what has both dump and manifest", () => {
    const { backups } = listing(
      ...whole(OLD),
      object(dumpKeyOf(NEW)),
      object(manifestKeyOf(MIDDLE)),
      object("dumps/other"),
    );
    expect(backups.map(({ id, complete }) => [id, complete])).toEqual([
      [NEW, false],
      [MIDDLE, false],
      [OLD, true],
    ]);
    expect(newestComplete(backups)?.id).toBe(OLD);
  });

  it("does not count a dump or a manifest without content", () => {
    const { backups } = listing(
      object(dumpKeyOf(OLD), 0),
      object(manifestKeyOf(OLD)),
      object(dumpKeyOf(NEW)),
      object(manifestKeyOf(NEW), 0),
    );
    expect(newestComplete(backups)).toBeUndefined();
  });

  it("knows when each was proven last", () => {
    const { backups } = listing(
      ...whole(OLD),
      ...whole(NEW),
      proven(OLD, "2026-11-22T05:00:00Z"),
      proven(OLD, "2026-11-22T06:00:00Z"),
      proven("20200101T000000Z-0000000f", "2026-11-22T07:00:00Z"),
    );
    expect(backups.map(({ verifiedAt }) => verifiedAt?.toISOString())).toEqual([
      undefined,
      "2026-11-22T06:00:00.000Z",
    ]);
    expect(newestVerified(backups)?.id).toBe(OLD);
  });
});

describe("the choice of a backup", () => {
  const there = listing(...whole(OLD), ...whole(MIDDLE), object(dumpKeyOf(NEW)));

  it.each([
    [{}, MIDDLE],
    [{ latest: true }, MIDDLE],
    [{ at: "2026-11-22T08:00:00Z" }, MIDDLE],
    [{ at: "2026-11-22T08:59+01:00" }, OLD],
    [{ at: "2030-01-01T00:00Z" }, MIDDLE],
    [{ key: OLD }, OLD],
  ])("%j is %s", (choice, id) => {
    expect(chooseBackup(there, choice).id).toBe(id);
  });

  it.each([
    [{ at: "2026-11-22T03:00Z" }, `The oldest backup is ${OLD}`],
    [{ at: "2026-11-22T03:00" }, "use a time with a time zone"],
    [{ at: "yesterday" }, "use a time with a time zone"],
    [{ key: NEW }, "is incomplete"],
    [{ key: "20261122T200000Z-1a2b3c4d" }, `The newest backups are ${NEW} (incomplete), ${MIDDLE}`],
    [{ key: "newest" }, "the id of a backup looks like"],
    [{ latest: true, key: OLD }, "Use only one of"],
  ])("%j is refused", (choice, reason) => {
    expect(() => chooseBackup(there, choice)).toThrow(reason);
  });

  it("fails if there is none", () => {
    expect(() => chooseBackup(listing(object(dumpKeyOf(NEW))), {})).toThrow(
      "There is no complete backup. There are 1 incomplete backups.",
    );
  });
});
