import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { readSynthesizedOutput, type StackOutput } from "./synthesized-output.js";

/** How two synthesized outputs differ: names of stacks, sorted. */
export interface StackChanges {
  /** In both, with another configuration. */
  readonly changed: readonly string[];
  /** In the head alone. */
  readonly added: readonly string[];
  /** In the base alone: what they made stays until somebody destroys it. */
  readonly removed: readonly string[];
}

/**
 * Compares two synthesized outputs by what Terraform would see: comments (CDKTF's notes on construct paths and its own
 * version) and the order of keys do not count; everything else does, versions of providers among it.
 */
export function changedStacks(baseFolder: string, headFolder: string): StackChanges {
  const base = readSynthesizedOutput(baseFolder);
  const head = readSynthesizedOutput(headFolder);
  const names = [...new Set([...base.keys(), ...head.keys()])].sort();
  const inBoth = names.flatMap((name) => {
    const [before, after] = [base.get(name), head.get(name)];
    return before !== undefined && after !== undefined ? [{ name, before, after }] : [];
  });
  return {
    changed: inBoth.filter(({ before, after }) => !sameForTerraform(before, after)).map(({ name }) => name),
    added: names.filter((name) => !base.has(name)),
    removed: names.filter((name) => !head.has(name)),
  };
}

function sameForTerraform(before: StackOutput, after: StackOutput): boolean {
  return isDeepStrictEqual(meaningOf(before), meaningOf(after));
}

function meaningOf({ folder, configuration }: StackOutput): object {
  return { configuration: withoutComments(configuration, BLOCK_DEPTH), assets: assetsOf(folder) };
}

/** `resource` → type → name: further inside, a key `//` would be a value of somebody's map. */
const BLOCK_DEPTH = 3;

/** The key by which Terraform's JSON syntax allows comments in blocks. */
const COMMENT = "//";

function withoutComments(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== COMMENT)
      .map(([key, inner]) => [key, depth > 0 ? withoutComments(inner, depth - 1) : inner]),
  );
}

/** Files that CDKTF copied beside the configuration, by their paths. */
function assetsOf(folder: string): Readonly<Record<string, string>> {
  const assets = join(folder, "assets");
  if (!existsSync(assets)) return {};
  const files = readdirSync(assets, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const file = join(parentPath, name);
      return [relative(assets, file), readFileSync(file, "base64")];
    }),
  );
}
