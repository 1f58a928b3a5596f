import { readTree } from "../src/kubernetes/flux-tree.js";
import { ChartValues } from "../src/manifests/chart-values.js";
import { type CheckedEnvironment, checkEnvironment } from "../src/manifests/check-environment.js";
import { environmentFacts } from "../src/manifests/environment-facts.js";
import { Builder, findKustomize } from "../src/manifests/render.js";
import { Schemas } from "../src/manifests/schemas.js";
import { repositoryConfiguration, TODAY } from "./synthesized-app.js";

const { K8S_SCHEMAS, CHART_VALUES } = process.env;

let checked: Promise<CheckedEnvironment[]> | undefined;

/** All environments as Flux would apply them, rendered once for all tests. Requires kubectl. */
export function renderedEnvironments(): Promise<CheckedEnvironment[]> {
  checked ??= renderAll();
  return checked;
}

async function renderAll(): Promise<CheckedEnvironment[]> {
  const tree = readTree("flux");
  const builder = new Builder("flux", await findKustomize());
  const validators = {
    schemas: K8S_SCHEMAS ? new Schemas(K8S_SCHEMAS) : undefined,
    charts: CHART_VALUES ? new ChartValues(CHART_VALUES) : undefined,
  };
  const facts = await environmentFacts(await repositoryConfiguration(), tree, TODAY);
  const environments: CheckedEnvironment[] = [];
  for (const fact of facts)
    environments.push(await checkEnvironment({ builder, tree, facts: fact, validators }));
  return environments;
}
