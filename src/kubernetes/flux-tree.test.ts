import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readTree } from "./flux-tree.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "notejam-tree-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), path);
  }
}

describe("the Flux tree", () => {
  it("has all files in the order of their paths, also those of dot folders", () => {
    write("b/two.yaml", "a.yaml", ".github/workflows/one.yaml", "b/one.yaml");
    const paths = [".github/workflows/one.yaml", "a.yaml", "b/one.yaml", "b/two.yaml"];
    expect(readTree(folder)).toEqual(paths.map((path) => ({ path, content: path })));
  });

  it("has no templates, which are copied and not applied", () => {
    write("services/_template/base/one.yaml", "services/my_service/one.yaml");
    expect(readTree(folder).map(({ path }) => path)).toEqual(["services/my_service/one.yaml"]);
  });
});
