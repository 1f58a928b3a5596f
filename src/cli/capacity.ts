import type { Command } from "commander";
import { checkCapacity, isComputable } from "../capacity/capacity-check.js";
import { capacityInputs } from "../capacity/capacity-inputs.js";
import { type CapacityInputs, capacityOf } from "../capacity/model.js";
import { type CapacityResult, sourceOf, tableOf } from "../capacity/report.js";
import type { Environment } from "../config/environment.js";
import { findEnvironment } from "../config/find-environment.js";
import { loadConfiguration } from "../config/load.js";
import { namesOf } from "../config/names.js";
import { count } from "../diagnostic.js";
import { reasonOf } from "../error-text.js";
import { readTree } from "../kubernetes/flux-tree.js";
import { UserError } from "../user-error.js";
import { type CommandContext, printResult } from "./context.js";
import { environmentsOption, exitStatusHelp, jsonOption, positiveNumber, treeOption } from "./options.js";

interface CapacityOptions {
  readonly env?: string;
  readonly json?: boolean;
  readonly requestsPerSecond?: number;
  readonly podCpu?: number;
  readonly measured?: string;
  readonly environments: string;
  readonly tree: string;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Computes pods, nodes, database connections and IP addresses for the usual load of each environment and for its events, and compares them with the limits of the environment.",
    )
    .option("-e, --env <id>", "environment, such as prod (default: all)")
    .option("--requests-per-second <number>", "usual load instead of the configured one", positiveNumber)
    .option("--pod-cpu <millicores>", "CPU request of a pod instead of the configured one", positiveNumber)
    .option("--measured <file>", "measurement to compute from (default: app/docs/pod-capacity.json)")
    .addOption(environmentsOption(context.env))
    .addOption(treeOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
JSON: a list with an object for each environment: environment, load, fits (true or false), diagnostics, and, unless an
instance type is unknown, requestsPerPod, podsPerNode, usual, peak, events, addresses and limits.
${exitStatusHelp("an environment lacks capacity")}

Examples:
  npm run capacity
  npm run capacity -- --env prod --requests-per-second 900 --json`,
    )
    .action((options: CapacityOptions) => compare(options, context));
}

async function compare(options: CapacityOptions, context: CommandContext): Promise<void> {
  const { environments } = await loadConfiguration(options.environments);
  const inputs = readInputs(options);
  const results = chosen(environments, options).map((environment) => resultOf(environment, inputs));
  printResult(context, options, results.map(asJson), () =>
    [...results.map(tableOf), sourceOf(inputs.measurement)].join("\n\n"),
  );
  const overloaded = results.filter(({ diagnostics }) => diagnostics.length > 0).length;
  if (overloaded > 0) {
    throw new UserError(`${overloaded} of ${count(results.length, "environment")} without enough capacity.`, {
      exitCode: 1,
    });
  }
}

function readInputs({ tree, measured, podCpu }: CapacityOptions): CapacityInputs {
  try {
    const { shape, measurement } = capacityInputs(readTree(tree), measured);
    const pod = { ...shape.pod, ...(podCpu === undefined ? {} : { millicores: podCpu }) };
    return { shape: { ...shape, pod }, measurement };
  } catch (error) {
    const from = measured === undefined ? tree : `${tree} and ${measured}`;
    throw new UserError(`The capacity cannot be computed from ${from}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Returns the environments to compute, with the load of the command line. */
function chosen(
  environments: readonly Environment[],
  { env, requestsPerSecond }: CapacityOptions,
): readonly Environment[] {
  const found = env === undefined ? environments : [findEnvironment(environments, env)];
  if (requestsPerSecond === undefined) return found;
  return found.map((environment) => ({
    ...environment,
    load: { ...environment.load, usualRequestsPerSecond: requestsPerSecond },
  }));
}

function resultOf(environment: Environment, inputs: CapacityInputs): CapacityResult {
  const capacity = isComputable(environment) ? capacityOf(environment, inputs) : undefined;
  return { environment, diagnostics: checkCapacity(environment, inputs), capacity };
}

function asJson({ environment, capacity, diagnostics }: CapacityResult) {
  return {
    environment: namesOf(environment).environmentId,
    load: environment.load,
    ...capacity,
    fits: diagnostics.length === 0,
    diagnostics,
  };
}
