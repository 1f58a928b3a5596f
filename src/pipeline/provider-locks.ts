import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { PipelineProblem, reasonOf } from "./problem.js";
import type { StackOutput } from "./synthesized-output.js";

/**
 * The repository's dependency lock file: version and hashes of the providers of all stacks, for Linux, macOS and
 * Windows. The workflow provider-locks creates it; it does not exist before its first pull request is merged.
 */
export const LOCK_FILE = fileURLToPath(new URL("../../.terraform.lock.hcl", import.meta.url));

const Requirements = z.object({
  terraform: z
    .object({
      required_providers: z
        .record(z.string(), z.object({ source: z.string(), version: z.string() }))
        .default({}),
    })
    .default({ required_providers: {} }),
});

/** Lock file entries of one stack. */
export interface StackLocks {
  /** The entries of the stack's providers. */
  readonly entries: readonly string[];
  /** Providers without an entry for the version constraint of the stack: Terraform takes the newest version allowed. */
  readonly unlocked: readonly string[];
}

/**
 * Reads the lock file's entries of a stack's providers. An entry for another version constraint is left out, because
 * Terraform would refuse it: the constraint has changed since the lock file was written.
 *
 * @returns undefined where there is no lock file
 * @throws PipelineProblem when the file cannot be read
 */
export function readStackLocks(stack: StackOutput, lockFile: string): StackLocks | undefined {
  if (!existsSync(lockFile)) return undefined;
  const entries = entriesIn(readLockFile(lockFile));
  const required = Object.values(Requirements.parse(stack.configuration).terraform.required_providers);
  const found = required.map(({ source, version }) => {
    const entry = entries.get(addressOf(source));
    return entry?.constraints === version ? { entry: entry.text } : { unlocked: `${source} ${version}` };
  });
  return {
    entries: found.flatMap(({ entry }) => entry ?? []),
    unlocked: found.flatMap(({ unlocked }) => unlocked ?? []),
  };
}

/**
 * Writes the lock file of a stack beside its configuration, so that Terraform installs these versions and checks their
 * hashes.
 *
 * @returns providers without an entry for the version constraint of the stack; empty where there is no lock file
 */
export function writeStackLocks(stack: StackOutput, lockFile: string): readonly string[] {
  const locks = readStackLocks(stack, lockFile);
  if (locks === undefined) return [];
  writeFileSync(join(stack.folder, ".terraform.lock.hcl"), locks.entries.join("\n"));
  return locks.unlocked;
}

/** Returns a one-line warning about providers without an entry. */
export function describeUnlocked(stack: string, unlocked: readonly string[]): string {
  return `${stack}: the lock file has no entry for ${unlocked.join(", ")}. Terraform installs the newest allowed version. Run the workflow provider-locks on main.`;
}

function readLockFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new PipelineProblem(
      `The lock file ${file} cannot be read: ${reasonOf(error)}.`,
      "Check its permissions.",
      { cause: error },
    );
  }
}

interface Entry {
  readonly text: string;
  readonly constraints: string | undefined;
}

/** Returns the entries of a lock file by provider address. */
function entriesIn(text: string): ReadonlyMap<string, Entry> {
  return new Map(
    [...text.matchAll(/^provider "([^"]+)" \{\n[\s\S]*?^\}\n?/gm)].map(([entry, address = ""]) => [
      address,
      { text: entry, constraints: /^ *constraints *= *"([^"]*)"$/m.exec(entry)?.[1] },
    ]),
  );
}

/** The full address of a provider: `aws` is `registry.terraform.io/hashicorp/aws`. */
function addressOf(source: string): string {
  const parts = source.split("/");
  return ["registry.terraform.io", "hashicorp"]
    .slice(0, 3 - parts.length)
    .concat(parts)
    .join("/");
}
