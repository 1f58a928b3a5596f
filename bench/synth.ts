import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cost, measure } from "./measure.js";
import { atMost, costInWords, figureOnly, median, type Result } from "./result.js";

const RUNS = 5;
const BUDGET_SECONDS = 1;
const BUDGET_MIB = 250;

/** Command that synthesizes the stacks, as in `npm run synth`. */
export const SYNTH: readonly string[] = [process.execPath, "src/cached-main.cjs"];

/** Synthesizes once into a temporary folder. */
export async function synthesizeOnce(
  project: string,
  command: readonly string[] = SYNTH,
  env: Readonly<Record<string, string>> = {},
): Promise<Cost> {
  const out = mkdtempSync(join(tmpdir(), "notejam-bench-"));
  try {
    return await measure(command, { cwd: project, env: { ...env, CDKTF_OUTDIR: out } });
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** Returns the median of several runs, after one run that warms the caches of disk and compiler. */
export async function medianSynth(
  project: string,
  env: Readonly<Record<string, string>> = {},
  runs = RUNS,
): Promise<Cost> {
  await synthesizeOnce(project, SYNTH, env);
  const costs: Cost[] = [];
  for (let run = 0; run < runs; run += 1) {
    costs.push(await synthesizeOnce(project, SYNTH, env));
  }
  return median(costs);
}

/** Measures the synthesis of all stacks. */
export async function benchSynth(project: string): Promise<Result[]> {
  const cost = await medianSynth(project);
  return [
    figureOnly(`synth of all stacks, median of ${RUNS}`, costInWords(cost)),
    atMost("synth: wall time", cost.wallSeconds, BUDGET_SECONDS, "s"),
    ...(cost.peakMib === undefined ? [] : [atMost("synth: peak memory", cost.peakMib, BUDGET_MIB, "MiB")]),
  ];
}
