import type { TreeFile } from "../../modules/github/operations-repository.js";
import type { Cluster } from "../kubernetes/cluster.js";
import type { Manifest } from "../kubernetes/objects.js";
import { checkCluster, type Measures } from "./check-cluster.js";
import type { EnvironmentFacts } from "./environment-facts.js";
import type { Finding } from "./finding.js";
import { type Builder, render } from "./render.js";

/** One environment, rendered and judged. */
export interface CheckedEnvironment {
  readonly instance: string;
  readonly objects: readonly Manifest[];
  readonly findings: readonly Finding[];
}

export interface CheckEnvironmentProps {
  readonly builder: Builder;
  readonly tree: readonly TreeFile[];
  readonly facts: EnvironmentFacts;
  readonly measures: Measures;
}

/** Renders what Flux would apply in an environment, and judges it. */
export async function checkEnvironment({
  builder,
  tree,
  facts,
  measures,
}: CheckEnvironmentProps): Promise<CheckedEnvironment> {
  const { objects, findings, used } = await render(builder, facts);
  const cluster: Cluster = { objects, given: facts.given, root: facts.root.name, paths: foldersOf(tree) };
  return {
    instance: facts.instance,
    objects,
    findings: [...findings, ...unused(facts, used), ...checkCluster(cluster, measures)],
  };
}

/** Every folder that holds a file, at any depth. */
function foldersOf(tree: readonly TreeFile[]): Set<string> {
  const folders = tree.flatMap(({ path }) => {
    const parts = path.split("/").slice(0, -1);
    return parts.map((_part, index) => parts.slice(0, index + 1).join("/"));
  });
  return new Set(folders);
}

function unused({ clusterVars }: EnvironmentFacts, used: ReadonlySet<string>): Finding[] {
  return Object.keys(clusterVars)
    .filter((name) => !used.has(name))
    .map((name) => ({
      check: "variables",
      where: `cluster-vars ${name}`,
      what: "is used nowhere in the tree; remove it from src/stacks/cluster-vars.ts",
    }));
}
