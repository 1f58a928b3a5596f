import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/fakes/local-tools.js";
import { takeLock } from "./lock.js";

/** The pid of a process that has ended. */
const goneProcess = () => spawnSync(process.execPath, ["-e", ""]).pid;

describe("the lock of a state folder", () => {
  it("is exclusive until it is released", () => {
    const file = join(temporaryFolder(), "lock");
    const lock = takeLock(file);
    expect(() => takeLock(file)).toThrow(`in use by process ${process.pid} (lock file ${file})`);
    lock.release();
    expect(existsSync(file)).toBe(false);
    expect(takeLock(file).wasAbandoned).toBe(false);
  });

  it("is taken over from a process that has ended, and reports that it was abandoned", () => {
    const folder = temporaryFolder();
    const file = join(folder, "lock");
    writeFileSync(file, JSON.stringify({ pid: goneProcess(), started: "1" }));
    expect(takeLock(file).wasAbandoned).toBe(true);
    expect(() => takeLock(file)).toThrow(`in use by process ${process.pid}`);
    expect(readdirSync(folder)).toEqual(["lock"]);
  });

  it.runIf(existsSync("/proc/1/stat"))(
    "is taken over when the holder's pid was given to another process",
    () => {
      const file = join(temporaryFolder(), "lock");
      writeFileSync(file, JSON.stringify({ pid: process.pid, started: "1" }));
      expect(takeLock(file).wasAbandoned).toBe(true);
    },
  );

  it("is taken over when its file is damaged", () => {
    const file = join(temporaryFolder(), "lock");
    writeFileSync(file, "{");
    expect(takeLock(file).wasAbandoned).toBe(true);
  });

  it("is not released by a run that no longer holds it", () => {
    const file = join(temporaryFolder(), "lock");
    const lock = takeLock(file);
    writeFileSync(file, JSON.stringify({ pid: 1, started: "0" }));
    lock.release();
    expect(existsSync(file)).toBe(true);
  });
});
