import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { reasonOf } from "../error-text.js";
import type { SynthesizedStack } from "../terraform/synthesized-stacks.js";
import { UserError } from "../user-error.js";

/**
 * The repository's dependency lock file: version and hashes of the providers of all stacks, for Linux, macOS and
 * Windows. The workflow provider-locks creates it; it does not exist before its first pull request is merged.
 */
export const LOCK_FILE = fileURLToPath(new URL("../../.terraform.lock.hcl", import.meta.url));

const Requirements = z.object({
  terraform: z
    .object({
      required_providers: z
        .record(z.string(), z.object({ source: z.string(), version: z.string().optional() }))
        .default({}),
    })
    .default({ required_providers: {} }),
});

/** Lock file entries of one stack. */
export interface StackLocks {
  /** The entries of the stack's providers. */
  readonly entries: readonly string[];
  /** Providers without an entry for the constraint of the stack: Terraform installs the newest allowed version. */
  readonly unlocked: readonly string[];
}

/**
 * Reads the lock file's entries of a stack's providers, with Unix line ends. An entry for another version constraint is
 * omitted, because Terraform would reject it: the constraint has changed since the lock file was written. A provider
 * with two local names has one entry, with the constraints of both. A provider without a version constraint needs an
 * entry without constraints.
 *
 * @returns undefined without a lock file
 * @throws UserError when the file cannot be read or has a merge conflict
 */
export function readStackLocks(stack: SynthesizedStack, lockFile: string): StackLocks | undefined {
  if (!existsSync(lockFile)) return undefined;
  const entries = entriesIn(readLockFile(lockFile));
  const found = requirementsOf(stack).map(({ address, source, constraints }) => {
    const entry = entries.get(address);
    return entry?.constraints === normalizeConstraints(constraints)
      ? { entry: entry.text }
      : { unlocked: `${source} ${constraints}`.trim() };
  });
  return {
    entries: found.flatMap(({ entry }) => entry ?? []),
    unlocked: found.flatMap(({ unlocked }) => unlocked ?? []),
  };
}

/**
 * Writes the lock file of a stack next to its configuration, so that Terraform installs these versions and checks their
 * hashes.
 *
 * @returns providers without an entry for the version constraint of the stack; empty without a lock file
 */
export function writeStackLocks(stack: SynthesizedStack, lockFile: string): readonly string[] {
  const locks = readStackLocks(stack, lockFile);
  if (locks === undefined) return [];
  writeFileSync(join(stack.folder, ".terraform.lock.hcl"), locks.entries.join("\n"));
  return locks.unlocked;
}

/** Returns a one-line warning about providers without an entry. */
export function describeUnlocked(stack: string, unlocked: readonly string[]): string {
  return `${stack}: the lock file has no entry for ${unlocked.join(", ")}. Terraform installs the newest allowed version. Run the workflow provider-locks on main.`;
}

/** A provider that a stack requires. */
interface Requirement {
  /** The full address. */
  readonly address: string;
  /** The address as the stack writes it. */
  readonly source: string;
  /** The version constraints, separated by commas; empty without one. */
  readonly constraints: string;
}

/** Returns one requirement for each provider, even if it has several local names. */
function requirementsOf(stack: SynthesizedStack): readonly Requirement[] {
  const requirements = new Map<string, Requirement>();
  const required = Requirements.parse(stack.configuration).terraform.required_providers;
  for (const { source, version } of Object.values(required)) {
    const address = addressOf(source);
    const known = requirements.get(address);
    const constraints = new Set([known?.constraints, version].filter((constraint) => constraint));
    requirements.set(address, {
      address,
      source: known?.source ?? source,
      constraints: [...constraints].join(", "),
    });
  }
  return [...requirements.values()];
}

/** Reads the lock file, with Unix line ends. */
function readLockFile(file: string): string {
  const text = readText(file).replaceAll("\r\n", "\n");
  const conflict = text.split("\n").findIndex((line) => /^(<{7}|\|{7}|={7}|>{7})( |$)/.test(line));
  if (conflict === -1) return text;
  throw new UserError(`The lock file ${file} has a merge conflict in line ${conflict + 1}.`, {
    hint: "Resolve the conflict, or take the file of main and run the workflow provider-locks.",
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`The lock file ${file} cannot be read: ${reasonOf(error)}.`, {
      hint: "Check its permissions.",
      cause: error,
    });
  }
}

interface Entry {
  readonly text: string;
  /** The version constraints, normalized. */
  readonly constraints: string;
}

/** Returns the entries of a lock file by provider address. */
function entriesIn(text: string): ReadonlyMap<string, Entry> {
  return new Map(
    [...text.matchAll(/^provider "([^"]+)" \{\n[\s\S]*?^\}\n?/gm)].map(([entry, address = ""]) => [
      address,
      {
        text: entry,
        constraints: normalizeConstraints(/^ *constraints *= *"([^"]*)"$/m.exec(entry)?.[1] ?? ""),
      },
    ]),
  );
}

/** Matches the operator, the numbers and the suffix (`-beta1`) of a version constraint without spaces. */
const CONSTRAINT = /^(=|!=|>=|<=|>|<|~>)?(\d+(?:\.\d+){0,2})([-+].+)?$/;

/**
 * Returns the same text for version constraints that differ only in order, repetition, spaces, the operator `=`, or
 * trailing zeros that Terraform adds when it writes the lock file. Other text is returned unchanged.
 */
function normalizeConstraints(constraints: string): string {
  const normalized = constraints
    .replaceAll(/\s+/g, "")
    .split(",")
    .filter((constraint) => constraint !== "")
    .map((constraint) => {
      const [, operator = "=", numbers, suffix = ""] = CONSTRAINT.exec(constraint) ?? [];
      if (numbers === undefined) return constraint;
      // `~> 6.26` allows 6.27, `~> 6.26.0` does not: only one number alone is the same as two.
      const length = operator === "~>" ? 2 : 3;
      const parts = numbers.split(".");
      return `${operator}${[...parts, "0", "0"].slice(0, Math.max(length, parts.length)).join(".")}${suffix}`;
    });
  return [...new Set(normalized)].sort().join(",");
}

/** Returns the full address of a provider: `aws` is `registry.terraform.io/hashicorp/aws`. */
function addressOf(source: string): string {
  const parts = source.split("/");
  return ["registry.terraform.io", "hashicorp"]
    .slice(0, 3 - parts.length)
    .concat(parts)
    .join("/");
}
