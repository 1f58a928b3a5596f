import { measure } from "./measure.js";
import { atMost, costInWords, figureOnly, type Result } from "./result.js";

const CHECK_BUDGET_SECONDS = 10;
const TESTS_BUDGET_SECONDS = 30;

/** Measures `npm run check`: types, lint, format and unused code. */
export async function benchCheck(project: string): Promise<Result[]> {
  const cost = await measure(["npm", "run", "check"], { cwd: project });
  return [
    figureOnly("npm run check", costInWords(cost)),
    atMost("npm run check: wall time", cost.wallSeconds, CHECK_BUDGET_SECONDS, "s"),
  ];
}

/** Measures the tests that synthesize: modules, stacks, configuration and policy. */
export async function benchTests(project: string): Promise<Result[]> {
  const folders = ["modules", "environments", "src/config", "src/policy", "src/stacks"];
  const cost = await measure(["npx", "vitest", "run", "--project", "platform", ...folders], { cwd: project });
  return [
    figureOnly(`synth tests (${folders.join(", ")})`, costInWords(cost)),
    atMost("synth tests: wall time", cost.wallSeconds, TESTS_BUDGET_SECONDS, "s"),
  ];
}
