import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readIfThere, writeWhole } from "./state-folder.js";

const Applied = z.object({ fingerprint: z.string(), at: z.string() });

/** Says what was applied completely, so that an unchanged stack need not be planned again. */
export class AppliedRecord {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** When this very content was applied completely; undefined if it was not. */
  appliedAt(fingerprint: string): Date | undefined {
    const text = readIfThere(this.file);
    if (text === undefined) {
      return undefined;
    }
    const record = Applied.safeParse(tryJson(text)).data;
    return record?.fingerprint === fingerprint ? new Date(record.at) : undefined;
  }

  /** Whether anything was ever applied completely and has not been touched since. */
  get exists(): boolean {
    return readIfThere(this.file) !== undefined;
  }

  write(fingerprint: string): void {
    writeWhole(this.file, `${JSON.stringify({ fingerprint, at: new Date().toISOString() })}\n`);
  }

  forget(): void {
    rmSync(this.file, { force: true });
  }
}

/**
 * What decides the outcome of an apply: the synthesized stack, the override, Terraform's and the provider's version
 * and the variables' values (only their digest is kept).
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
