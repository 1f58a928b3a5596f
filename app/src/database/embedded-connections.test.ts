import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { expect, it, onTestFinished } from "vitest";
import { EmbeddedConnections } from "./embedded-connections.js";

it("refuses a folder of another database version, and releases its lock", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "notejam-embedded-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const dataDir = path.join(folder, "pgdata");
  await (await PGlite.create({ dataDir })).close();
  writeFileSync(path.join(dataDir, "PG_VERSION"), "11\n");
  await expect(EmbeddedConnections.open(folder)).rejects.toThrow(
    /^The embedded database in \S+pgdata cannot be opened\. PostgreSQL 11 wrote it, .*move the folder/,
  );
  // The lock is released.
  expect(existsSync(path.join(folder, "notejam.lock"))).toBe(false);
});
