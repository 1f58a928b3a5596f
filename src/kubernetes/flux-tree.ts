import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { TreeFile } from "@notejam/constructs/github/operations-repository";

/** Prefix of folders that are copied by hand, such as `_template`. */
const TEMPLATE_PREFIX = "_";

/** Reads all files below a folder, including dot folders but not templates, sorted by path. */
export function readTree(folder: string): TreeFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({
      path: relative(folder, file).split(sep).join("/"),
      content: readFileSync(file, "utf8"),
    }))
    .filter(({ path }) => !path.split("/").some((name) => name.startsWith(TEMPLATE_PREFIX)))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
