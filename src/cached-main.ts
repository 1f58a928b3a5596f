import { isFault, reportUserError } from "./cli/report-user-error.js";
import type { ImportFile } from "./config/load.js";
import { synthesizeStacks } from "./synthesize.js";

/**
 * Entry of the cached bundle (`cached-main.cjs`): synthesizes as `main.ts` does.
 *
 * @returns false after a bug in the program: `main.ts` then reports it with places in the sources
 */
export async function synthesizeFromBundle(importFile: ImportFile): Promise<boolean> {
  try {
    await synthesizeStacks(importFile);
  } catch (error) {
    if (isFault(error)) return false;
    process.exitCode = reportUserError(error, { isSynth: true });
  }
  return true;
}
