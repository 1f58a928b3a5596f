import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { exportName, publishedExports, repositoryExports } from "./package-exports.js";

const MODULES = join(import.meta.dirname, "..");

describe("exports of @notejam/constructs", () => {
  it("names each file by its path, and a folder's file of the same name by the folder", () => {
    for (const [name, target] of Object.entries(manifest.exports)) {
      expect(name).toBe(exportName(target.slice("./".length)));
    }
  });

  it("points at files that exist", () => {
    const missing = Object.values(manifest.exports).filter((target) => !existsSync(join(MODULES, target)));
    expect(missing).toEqual([]);
  });

  it("exports at least one file of each folder", () => {
    const folders = readdirSync(MODULES, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !["tooling", "dist", "node_modules"].includes(entry.name))
      .map(({ name }) => name);
    const exported = Object.values(manifest.exports).map((target) => target.split("/")[1]);
    expect([...new Set(exported)].sort()).toEqual(folders.sort());
  });

  it("points at compiled files in the published package, and back at the sources afterwards", () => {
    const published = publishedExports(manifest.exports);
    expect(published["./vpc"]).toEqual({ types: "./dist/vpc/vpc.d.ts", default: "./dist/vpc/vpc.js" });
    expect(repositoryExports(published)).toEqual(manifest.exports);
  });
});
