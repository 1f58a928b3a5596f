import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { TreeFile } from "../../modules/github/operations-repository.js";

/** Reads every file below a folder, those in dot folders too, in the order of their paths. */
export function readTree(folder: string): TreeFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({
      path: relative(folder, file).split(sep).join("/"),
      content: readFileSync(file, "utf8"),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
