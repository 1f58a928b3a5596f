import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { atMost, costInWords, figureOnly, type Result } from "./result.js";
import { medianSynth } from "./synth.js";

const COUNTS = [1, 10, 50] as const;
const RUNS = 3;
/** Maximum ratio of the two slopes. Quadratic growth would be about 5; lower values allow for noise. */
const BUDGET_GROWTH = 1.5;
const BUDGET_SECONDS_OF_50 = 6;

/** Measures the growth of the synthesis time with the number of environments. */
export async function benchEnvironments(project: string): Promise<Result[]> {
  const results: Result[] = [];
  const seconds: number[] = [];
  for (const count of COUNTS) {
    const folder = generateEnvironments(project, count);
    try {
      const cost = await medianSynth(project, { NOTEJAM_ENVIRONMENTS: folder }, RUNS);
      seconds.push(cost.wallSeconds);
      results.push(figureOnly(`synth of ${count} environment${count === 1 ? "" : "s"}`, costInWords(cost)));
    } finally {
      rmSync(dirname(folder), { recursive: true, force: true });
    }
  }
  const [one = 0, ten = 0, fifty = 0] = seconds;
  const early = (ten - one) / 9;
  const late = (fifty - ten) / 40;
  return [
    ...results,
    atMost("synth of 50 environments: wall time", fifty, BUDGET_SECONDS_OF_50, "s"),
    figureOnly("cost of another environment", `${(late * 1000).toFixed(0)} ms`),
    atMost("growth: cost per environment, 10 to 50 relative to 1 to 10", late / early, BUDGET_GROWTH, "×"),
  ];
}

/** Creates copies of dev with different names, networks and host names. */
function generateEnvironments(project: string, count: number): string {
  const root = mkdtempSync(join(tmpdir(), "notejam-bench-"));
  const folder = join(root, "environments");
  mkdirSync(folder);
  // Outside the project, a package.json must declare the files as ESM.
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  const source = pathToFileURL(join(project, "src")).href;
  const rooted = (text: string) => text.replaceAll('"../src/', `"${source}/`);
  const organization = readFileSync(join(project, "environments/organization.ts"), "utf8");
  writeFileSync(join(folder, "organization.ts"), rooted(organization));
  const dev = readFileSync(join(project, "environments/dev.ts"), "utf8");
  for (let index = 0; index < count; index += 1) {
    const name = `bench${index}`;
    const text = rooted(dev)
      .replace('name: "dev"', `name: "${name}"`)
      .replace(/vpcCidr: "[^"]+"/, `vpcCidr: "10.${100 + index}.0.0/16"`)
      .replace(/hostName: "[^"]+"/, `hostName: "${name}.example.com"`);
    writeFileSync(join(folder, `${name}.ts`), text);
  }
  return folder;
}
