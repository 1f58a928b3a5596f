import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { loadConfiguration } from "../config/load.js";
import { count, formatDiagnostic } from "../diagnostic.js";
import { readTree } from "../kubernetes/flux-tree.js";
import type { Validators } from "../manifests/check-cluster.js";
import { type CheckedEnvironment, checkEnvironment } from "../manifests/check-environment.js";
import { environmentFacts } from "../manifests/environment-facts.js";
import { writePages } from "../manifests/pages.js";
import { Builder, findKustomize } from "../manifests/render.js";
import { openValidators } from "../manifests/validators.js";
import { reportUserError } from "./report-user-error.js";

interface Options {
  readonly schemas?: string;
  readonly chartValues?: string;
  readonly environments: string;
  readonly tree: string;
  readonly out: string;
}

const project = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

async function main(): Promise<void> {
  const options = readOptions();
  const validators = readValidators(options);
  const tree = readTree(options.tree);
  const configuration = await loadConfiguration(options.environments);
  const builder = new Builder(options.tree, await findKustomize());
  const checked: CheckedEnvironment[] = [];
  for (const facts of await environmentFacts(configuration, tree, new Date())) {
    checked.push(await checkEnvironment({ builder, tree, facts, validators }));
  }
  writePages(options.out, checked);
  report(checked, options.out);
}

function readOptions(): Options {
  return new Command("npm run check:manifests --")
    .description("Renders what Flux would apply in every environment, and checks it.")
    .option(
      "--schemas <folders>",
      "strict JSON schemas of Kubernetes and of the add-ons, several as in PATH (or K8S_SCHEMAS)",
      process.env.K8S_SCHEMAS,
    )
    .option(
      "--chart-values <folder>",
      "default values of the charts (or CHART_VALUES)",
      process.env.CHART_VALUES,
    )
    .option("--environments <folder>", "the environments", project("environments"))
    .option("--tree <folder>", "the Flux tree", project("flux"))
    .option("--out <folder>", "where to write what will run, for people to read", "out/manifests")
    .parse()
    .opts<Options>();
}

/** Opens what there is to measure by, and says loudly what is missing. */
function readValidators(options: Options): Validators {
  const { validators, notChecked } = openValidators(options);
  for (const { what, option } of notChecked) {
    console.warn(`SKIPPED: ${what} are NOT checked, because ${option} names no folder.`);
  }
  return validators;
}

function report(checked: readonly CheckedEnvironment[], out: string): void {
  for (const { instance, objects, diagnostics } of checked) {
    const kustomizations = new Set(objects.map(({ kustomization }) => kustomization)).size;
    console.log(
      `${instance}: ${objects.length} objects in ${kustomizations} Kustomizations, ${count(diagnostics.length, "error")}`,
    );
    for (const diagnostic of diagnostics) console.log(formatDiagnostic(diagnostic));
  }
  console.log(`To read what will run: ${out}/index.html`);
  if (checked.some(({ diagnostics }) => diagnostics.length > 0)) process.exitCode = 1;
}

await main().catch(reportUserError);
