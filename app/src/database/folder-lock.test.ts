import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { FolderInUse, lockFolder } from "./folder-lock.js";

const newFolder = () => mkdtempSync(path.join(tmpdir(), "notejam-lock-"));

it("keeps a second one out of the folder until the first is done", () => {
  const folder = newFolder();
  const unlock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(FolderInUse);
  expect(() => lockFolder(folder)).toThrow(new RegExp(`process ${process.pid}`));
  unlock();
  lockFolder(folder)();
});

it.each(["999999999", "", "nonsense", `${process.pid} 1`])(
  "takes over the lock %j of a process that is gone",
  (content) => {
    const folder = newFolder();
    writeFileSync(path.join(folder, "notejam.lock"), content);
    lockFolder(folder)();
  },
);
