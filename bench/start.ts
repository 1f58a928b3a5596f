import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { measure } from "./measure.js";
import { atMost, costInWords, figureOnly, type Result } from "./result.js";

/** Maximum wall time in seconds, including the shutdown. */
const BUDGETS = {
  /** First start, until a tested backup in the emulated AWS. */
  cold: 120,
  /** Second start, with the kept state. */
  kept: 15,
  /** First start with only Node, until Notejam runs on its embedded database. */
  nodeAlone: 15,
};

/**
 * Measures `npm start -- --once` with all tools in an empty folder, again in the same folder, and on a PATH with only
 * Node.
 */
export async function benchStart(project: string): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), "notejam-bench-start-"));
  const command = (state: string) => {
    return ["npm", "start", "--", "--once", "--app-port", "0", "--state", join(folder, state)];
  };
  try {
    const everything = [...command("state"), "--require", "all"];
    const cold = await measure(everything, { cwd: project });
    const kept = await measure(everything, { cwd: project });
    const path = await pathWithNodeAlone(join(folder, "bin"));
    const alone = await measure(command("alone"), { cwd: project, env: { PATH: path } });
    return [
      figureOnly("npm start, cold", costInWords(cold)),
      atMost("npm start, cold: wall time", cold.wallSeconds, BUDGETS.cold, "s"),
      figureOnly("npm start, state kept", costInWords(kept)),
      atMost("npm start, state kept: wall time", kept.wallSeconds, BUDGETS.kept, "s"),
      figureOnly("npm start, Node alone", costInWords(alone)),
      atMost("npm start, Node alone: wall time", alone.wallSeconds, BUDGETS.nodeAlone, "s"),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Creates a folder for the PATH with only Node, npm and the shell that npm requires. */
async function pathWithNodeAlone(folder: string): Promise<string> {
  const { stdout: npm } = await execa("sh", ["-c", "command -v npm"]);
  const { stdout: sh } = await execa("sh", ["-c", "command -v sh"]);
  await mkdir(folder);
  await symlink(process.execPath, join(folder, "node"));
  await symlink(npm, join(folder, "npm"));
  await symlink(sh, join(folder, "sh"));
  return folder;
}
