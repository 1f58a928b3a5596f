import { fileURLToPath } from "node:url";
import { Argument, Command } from "commander";
import { benchCheck, benchTests } from "./checks.js";
import { benchEnvironments } from "./environments.js";
import { method } from "./measure.js";
import { benchPlan } from "./plan.js";
import { type Result, renderResults } from "./result.js";
import { benchStart } from "./start.js";
import { benchSynth } from "./synth.js";
import { benchTsNode } from "./ts-node.js";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));

interface Options {
  readonly apply?: boolean;
  readonly strict?: boolean;
}

const BENCHMARKS: Readonly<Record<string, (options: Options) => Promise<Result[]>>> = {
  synth: () => benchSynth(PROJECT),
  "ts-node": () => benchTsNode(PROJECT),
  environments: () => benchEnvironments(PROJECT),
  check: () => benchCheck(PROJECT),
  tests: () => benchTests(PROJECT),
  start: () => benchStart(PROJECT),
  plan: ({ apply = false }) => benchPlan(PROJECT, { applied: apply }),
};

async function main(): Promise<void> {
  const names = Object.keys(BENCHMARKS);
  const command = new Command("npm run bench --")
    .description("Measures the speed of this project's commands and compares it with the budgets.")
    .addArgument(new Argument("[what...]", "what to measure (default: everything)").choices(names))
    .option("--apply", "plan: apply too, and measure the second plan (minutes)")
    .option("--strict", "exit 1 when a budget is exceeded (on a quiet machine)")
    .parse();
  const options = command.opts<Options>();
  const chosen = command.args.length === 0 ? names : command.args;
  const results: Result[] = [];
  for (const name of chosen) {
    process.stderr.write(`measuring ${name} …\n`);
    results.push(...(await resultsOf(name, options)));
  }
  process.stdout.write(`${renderResults(results)}\n${method()}\n`);
  if (options.strict && results.some(({ kept }) => kept === false)) {
    process.exitCode = 1;
  }
}

/** Runs a benchmark. If it fails, the report contains the reason. */
async function resultsOf(name: string, options: Options): Promise<Result[]> {
  try {
    return (await BENCHMARKS[name]?.(options)) ?? [];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${why}\n`);
    return [{ what: name, measured: `FAILED: ${why.split("\n")[0]}`, budget: "", kept: false }];
  }
}

await main();
