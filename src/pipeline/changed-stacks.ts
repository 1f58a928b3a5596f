import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { readStacks, type SynthesizedStack } from "../terraform/synthesized-stacks.js";
import { readStackLocks } from "./provider-locks.js";

/** How two synthesized outputs differ: names of stacks, sorted. */
export interface StackChanges {
  /** In both, with another configuration. */
  readonly changed: readonly string[];
  /** In the head alone. */
  readonly added: readonly string[];
  /** In the base alone: what they made stays until somebody destroys it. */
  readonly removed: readonly string[];
}

/** One side of a comparison. */
export interface SynthesizedSide {
  /** Folder of the synthesized output. */
  readonly folder: string;
  /**
   * Dependency lock file.
   *
   * @default none
   */
  readonly lockFile?: string | undefined;
}

/**
 * Compares two synthesized outputs by what Terraform would see: comments (CDKTF's notes on construct paths and its own
 * version) and the order of keys do not count. Everything else does, including provider versions and lock file entries.
 */
export function changedStacks(baseSide: SynthesizedSide, headSide: SynthesizedSide): StackChanges {
  const base = readStacks(baseSide.folder);
  const head = readStacks(headSide.folder);
  const names = [...new Set([...base.keys(), ...head.keys()])].sort();
  const inBoth = names.flatMap((name) => {
    const [before, after] = [base.get(name), head.get(name)];
    return before !== undefined && after !== undefined ? [{ name, before, after }] : [];
  });
  return {
    changed: inBoth
      .filter(
        ({ before, after }) =>
          !isDeepStrictEqual(meaningOf(before, baseSide.lockFile), meaningOf(after, headSide.lockFile)),
      )
      .map(({ name }) => name),
    added: names.filter((name) => !base.has(name)),
    removed: names.filter((name) => !head.has(name)),
  };
}

function meaningOf(stack: SynthesizedStack, lockFile: string | undefined): object {
  return {
    configuration: withoutComments(stack.configuration, BLOCK_DEPTH),
    assets: assetsOf(stack.folder),
    locks: lockFile === undefined ? undefined : readStackLocks(stack, lockFile)?.entries,
  };
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
