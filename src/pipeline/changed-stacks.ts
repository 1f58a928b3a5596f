import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { readStacks, type SynthesizedStack } from "../terraform/synthesized-stacks.js";
import { readStackLocks } from "./provider-locks.js";

/** Differences between two folders of synthesized stacks: sorted stack names. */
export interface StackChanges {
  /** In both, with different configurations. */
  readonly changed: readonly string[];
  /** Only in the head. */
  readonly added: readonly string[];
  /** Only in the base. Their resources remain until they are destroyed. */
  readonly removed: readonly string[];
}

/** One side of a comparison. */
export interface SynthesizedSide {
  /** Folder of the synthesized stacks. */
  readonly folder: string;
  /**
   * Dependency lock file.
   *
   * @default none
   */
  readonly lockFile?: string | undefined;
}

/**
 * Compares two folders of synthesized stacks. Ignores what Terraform ignores: comments (CDKTF writes construct paths
 * and its own version) and the order of keys. Includes provider versions and lock file entries.
 *
 * @param baseSide undefined if the base could not be synthesized: all stacks then count as changed
 */
export function changedStacks(
  baseSide: SynthesizedSide | undefined,
  headSide: SynthesizedSide,
): StackChanges {
  const head = readStacks(headSide.folder);
  if (baseSide === undefined) return { changed: [...head.keys()].sort(), added: [], removed: [] };
  const base = readStacks(baseSide.folder);
  const names = [...new Set([...base.keys(), ...head.keys()])].sort();
  const inBoth = names.flatMap((name) => {
    const [before, after] = [base.get(name), head.get(name)];
    return before !== undefined && after !== undefined ? [{ name, before, after }] : [];
  });
  return {
    changed: inBoth
      .filter(
        ({ before, after }) =>
          !isDeepStrictEqual(
            comparedParts(before, baseSide.lockFile),
            comparedParts(after, headSide.lockFile),
          ),
      )
      .map(({ name }) => name),
    added: names.filter((name) => !base.has(name)),
    removed: names.filter((name) => !head.has(name)),
  };
}

function comparedParts(stack: SynthesizedStack, lockFile: string | undefined): object {
  return {
    configuration: withoutComments(stack.configuration, BLOCK_DEPTH),
    assets: assetsOf(stack.folder),
    locks: lockFile === undefined ? undefined : readStackLocks(stack, lockFile)?.entries,
  };
}

/** `resource` → type → name. Deeper, a key `//` can be an entry of a map. */
const BLOCK_DEPTH = 3;

/** Key of comments in blocks of Terraform's JSON syntax. */
const COMMENT = "//";

function withoutComments(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== COMMENT)
      .map(([key, inner]) => [key, depth > 0 ? withoutComments(inner, depth - 1) : inner]),
  );
}

/** Returns the files that CDKTF copied next to the configuration: path → contents in Base64. */
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
