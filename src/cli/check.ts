import type { TreeFile } from "@notejam/constructs/github/operations-repository";
import type { Command } from "commander";
import { checkCapacity } from "../capacity/capacity-check.js";
import { capacityInputs } from "../capacity/capacity-inputs.js";
import { formatWarnings, type LoadedConfiguration, loadConfiguration } from "../config/load.js";
import { count, formatDiagnostic } from "../diagnostic.js";
import { readTree } from "../kubernetes/flux-tree.js";
import { type CheckedEnvironment, checkEnvironment } from "../manifests/check-environment.js";
import { type EnvironmentFacts, environmentFacts } from "../manifests/environment-facts.js";
import { writePages } from "../manifests/pages.js";
import { Builder, findKustomize } from "../manifests/render.js";
import { openValidators } from "../manifests/validators.js";
import { UserError } from "../user-error.js";
import { type CommandContext, printResult } from "./context.js";
import { environmentsOption, exitStatusHelp, jsonOption, treeOption } from "./options.js";

interface CheckOptions {
  readonly schemas?: string;
  readonly chartValues?: string;
  readonly environments: string;
  readonly tree: string;
  readonly out: string;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  const { K8S_SCHEMAS, CHART_VALUES } = context.env;
  command
    .description(
      "Checks the configuration, the policy and the capacity of all environments. Then renders what Flux applies in each environment, and checks it.",
    )
    .option(
      "--schemas <folders>",
      "folders of strict JSON schemas of Kubernetes and the add-ons, separated as in PATH (or K8S_SCHEMAS)",
      K8S_SCHEMAS,
    )
    .option("--chart-values <folder>", "folder of the charts' default values (or CHART_VALUES)", CHART_VALUES)
    .addOption(environmentsOption(context.env))
    .addOption(treeOption())
    .option("--out <folder>", "folder for the rendered manifests, which index.html lists", "out/manifests")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Needs kubectl or kustomize. Without --schemas or --chart-values, the checks that need them are skipped.
JSON: { configuration, environments, skipped, pages }. configuration lists the diagnostics of the configuration: its
warnings, or its errors; with errors, environments is empty and pages null. environments has an object for each environment: environment, objects
(number), kustomizations (number) and diagnostics. skipped has an object for each skipped check: check and option.
pages is the path of the page about the rendered manifests.
${exitStatusHelp("the configuration or a manifest is not valid")}

Example:
  npm run check:manifests -- --schemas ../k8s-schemas --json`,
    )
    .action((options: CheckOptions) => check(options, context));
}

async function check(options: CheckOptions, context: CommandContext): Promise<void> {
  const { validators, notChecked } = openValidators(options);
  const skipped = notChecked.map(({ what, option }) => ({ check: what, option }));
  for (const { what, option } of notChecked) {
    context.warn(`SKIPPED: ${what} are NOT checked, because ${option} names no folder.`);
  }
  const tree = readTree(options.tree);
  const { environments, configuration } = await checkConfiguration(options.environments, tree).catch(
    (error: unknown) => {
      const failed = failedCheck(error);
      const result = { configuration: failed.diagnostics, environments: [], skipped, pages: null };
      if (options.json) printResult(context, options, result, () => "");
      throw failed;
    },
  );
  const builder = new Builder(options.tree, await findKustomize());
  const warnings = formatWarnings(configuration);
  if (warnings !== undefined) context.warn(warnings);
  const checked: CheckedEnvironment[] = [];
  for (const facts of environments) {
    checked.push(await checkEnvironment({ builder, tree, facts, validators }));
  }
  writePages(options.out, checked);
  const pages = `${options.out}/index.html`;
  const result = { configuration: configuration.warnings, environments: checked.map(asJson), skipped, pages };
  printResult(context, options, result, () =>
    [...checked.map(asText), `Rendered manifests: ${pages}`].join("\n"),
  );
  const errors = checked.reduce((sum, { diagnostics }) => sum + diagnostics.length, 0);
  if (errors > 0) throw new UserError(`The manifests have ${count(errors, "error")}.`, { exitCode: 1 });
}

/**
 * Checks the configuration, the capacity and the policy. A Kubernetes version past its standard support is an error.
 *
 * @returns the configuration, and the facts of each environment's cluster
 */
async function checkConfiguration(
  folder: string,
  tree: readonly TreeFile[],
): Promise<{
  readonly configuration: LoadedConfiguration;
  readonly environments: readonly EnvironmentFacts[];
}> {
  const inputs = capacityInputs(tree);
  const configuration = await loadConfiguration(folder, {
    check: (environment) => checkCapacity(environment, inputs),
    endedSupport: "error",
  });
  return { configuration, environments: await environmentFacts(configuration, tree, new Date()) };
}

/** Returns the error for a configuration with diagnostics, which is a failed check here. Throws other errors. */
function failedCheck(error: unknown): UserError {
  if (!(error instanceof UserError) || error.diagnostics.length === 0) throw error;
  const { summary, hint, diagnostics } = error;
  return new UserError(summary, { hint, diagnostics, exitCode: 1, cause: error });
}

function asJson(checked: CheckedEnvironment) {
  const { environmentId, objects, diagnostics } = checked;
  return {
    environment: environmentId,
    objects: objects.length,
    kustomizations: kustomizationsOf(checked),
    diagnostics,
  };
}

function asText(checked: CheckedEnvironment): string {
  const { environmentId, objects, diagnostics } = checked;
  const heading = `${environmentId}: ${objects.length} objects in ${kustomizationsOf(checked)} Kustomizations, ${count(diagnostics.length, "error")}`;
  return [heading, ...diagnostics.map(formatDiagnostic)].join("\n");
}

function kustomizationsOf({ objects }: CheckedEnvironment): number {
  return new Set(objects.map(({ kustomization }) => kustomization)).size;
}
