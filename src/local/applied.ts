import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readIfThere, writeWhole } from "./state-folder.js";

const Applied = z.object({ fingerprint: z.string(), at: z.string() });

/** Record of a stack's last complete apply. An unchanged stack is not planned again. */
export class AppliedRecord {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** Returns the time of the last complete apply if its fingerprint is the same; else undefined. */
  appliedAt(fingerprint: string): Date | undefined {
    const text = readIfThere(this.file);
    if (text === undefined) {
      return undefined;
    }
    const record = Applied.safeParse(tryJson(text)).data;
    return record?.fingerprint === fingerprint ? new Date(record.at) : undefined;
  }

  write(fingerprint: string): void {
    writeWhole(this.file, `${JSON.stringify({ fingerprint, at: new Date().toISOString() })}\n`);
  }

  forget(): void {
    rmSync(this.file, { force: true });
  }
}

/**
 * Returns a digest of everything that determines the result of an apply: the synthesized stack, the override, the versions
 * of Terraform and of the provider, and the variables.
 */
export function fingerprintOf(
  folder: string,
  versions: readonly string[],
  variables: Readonly<Record<string, string>>,
): string {
  const hash = createHash("sha256");
  for (const file of ["cdk.tf.json", "override.tf.json"]) {
    hash.update(readFileSync(join(folder, file))).update("\0");
  }
  const values = Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash.update(JSON.stringify([versions, values])).digest("hex");
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
