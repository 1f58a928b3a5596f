import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { checkCapacity, isComputable } from "../capacity/capacity-check.js";
import { capacityInputs } from "../capacity/capacity-inputs.js";
import { type CapacityInputs, capacityOf } from "../capacity/model.js";
import { type CapacityResult, sourceOf, tableOf } from "../capacity/report.js";
import type { Environment } from "../config/environment.js";
import { loadConfiguration } from "../config/load.js";
import { namesOf } from "../config/names.js";
import { readTree } from "../kubernetes/flux-tree.js";
import { reportUserError } from "./report-user-error.js";

interface Options {
  readonly env?: string;
  readonly json?: boolean;
  readonly requestsPerSecond?: number;
  readonly podCpu?: number;
  readonly measured?: string;
  readonly environments: string;
  readonly tree: string;
}

/** Nothing could be computed: a wrong option, a file that cannot be read. */
const CANNOT_TELL = 2;

/** A wish that cannot be met; its message says why. */
class WrongUse extends Error {}

const project = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

async function main(): Promise<void> {
  const options = readOptions();
  const { environments } = await loadConfiguration(options.environments);
  const inputs = asAsked(inputsFrom(options), options);
  const judged = chosen(environments, options).map((environment) => judge(environment, inputs));
  if (options.json) console.log(JSON.stringify(judged.map(plain), undefined, 2));
  else console.log([...judged.map(tableOf), sourceOf(inputs.measurement)].join("\n\n"));
  if (judged.some(({ diagnostics }) => diagnostics.length > 0)) process.exitCode = 1;
}

function readOptions(): Options {
  return new Command("npm run capacity --")
    .description(
      "Computes pods, nodes, database connections and addresses for the load that each environment states, usual and at\n" +
        "events, and compares them with its limits. Exit status: 0 all carry their load, 1 one cannot, 2 it cannot be computed.",
    )
    .option("--env <instance>", "one environment, such as prod (default: all)")
    .option("--json", "for programs")
    .option("--requests-per-second <number>", "as if this were the usual load", positive)
    .option("--pod-cpu <millicores>", "as if each pod requested this much processor", positive)
    .option("--measured <file>", "another measurement than app/docs/pod-capacity.json")
    .option("--environments <folder>", "the environments", project("environments"))
    .option("--tree <folder>", "the Flux tree", project("flux"))
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : CANNOT_TELL))
    .parse()
    .opts<Options>();
}

function inputsFrom({ tree, measured }: Options): CapacityInputs {
  try {
    return capacityInputs(readTree(tree), measured);
  } catch (error) {
    const from = measured === undefined ? tree : `${tree} and ${measured}`;
    const because = error instanceof Error ? error.message : String(error);
    throw new WrongUse(`Nothing can be computed from ${from}: ${because}`);
  }
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("Write a number above 0.");
  return value;
}

function chosen(
  environments: readonly Environment[],
  { env, requestsPerSecond }: Options,
): readonly Environment[] {
  const found = environments.filter(
    (environment) => env === undefined || namesOf(environment).instance === env,
  );
  if (found.length === 0) {
    const known = environments.map((environment) => namesOf(environment).instance).join(", ");
    throw new WrongUse(`There is no environment "${env}". Choose from: ${known}.`);
  }
  if (requestsPerSecond === undefined) return found;
  return found.map((environment) => ({
    ...environment,
    load: { ...environment.load, usualRequestsPerSecond: requestsPerSecond },
  }));
}

function asAsked({ shape, measurement }: CapacityInputs, { podCpu }: Options): CapacityInputs {
  if (podCpu === undefined) return { shape, measurement };
  return { shape: { ...shape, pod: { ...shape.pod, millicores: podCpu } }, measurement };
}

function judge(environment: Environment, inputs: CapacityInputs): CapacityResult {
  const capacity = isComputable(environment) ? capacityOf(environment, inputs) : undefined;
  return { environment, diagnostics: checkCapacity(environment, inputs), capacity };
}

function plain({ environment, capacity, diagnostics }: CapacityResult) {
  return {
    environment: namesOf(environment).instance,
    load: environment.load,
    ...capacity,
    fits: diagnostics.length === 0,
    diagnostics,
  };
}

await main().catch((error: unknown) => {
  if (error instanceof WrongUse) console.error(error.message);
  else reportUserError(error);
  process.exitCode = CANNOT_TELL;
});
