import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measure } from "./measure.js";
import { atMost, costInWords, figureOnly, type Result } from "./result.js";

/** From nothing to a proven backup, and again with what was kept, stopping included. */
const BUDGETS = { cold: 120, kept: 20 };

/** All of production on a laptop (`npm start -- --once`): in an empty folder, and in the same one again. */
export async function benchStart(project: string): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), "notejam-bench-start-"));
  const command = ["npm", "start", "--", "--once", "--app-port", "0", "--state", join(folder, "state")];
  try {
    const cold = await measure(command, { cwd: project });
    const kept = await measure(command, { cwd: project });
    return [
      figureOnly("npm start, cold", costInWords(cold)),
      atMost("npm start, cold: wall time", cold.wallSeconds, BUDGETS.cold, "s"),
      figureOnly("npm start, state kept", costInWords(kept)),
      atMost("npm start, state kept: wall time", kept.wallSeconds, BUDGETS.kept, "s"),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
