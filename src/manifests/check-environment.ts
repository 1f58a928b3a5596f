import type { TreeFile } from "@notejam/constructs/github/operations-repository";
import type { Diagnostic } from "../diagnostic.js";
import type { Cluster } from "../kubernetes/cluster.js";
import type { Manifest } from "../kubernetes/objects.js";
import { checkCluster, type Validators } from "./check-cluster.js";
import type { EnvironmentFacts } from "./environment-facts.js";
import { manifestError } from "./manifest-error.js";
import { type Builder, render } from "./render.js";

/** Rendered objects and diagnostics of one environment. */
export interface CheckedEnvironment {
  readonly environmentId: string;
  readonly objects: readonly Manifest[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface CheckEnvironmentProps {
  readonly builder: Builder;
  readonly tree: readonly TreeFile[];
  readonly facts: EnvironmentFacts;
  readonly validators: Validators;
}

/** Renders the objects that Flux would apply in an environment, and checks them. */
export async function checkEnvironment({
  builder,
  tree,
  facts,
  validators,
}: CheckEnvironmentProps): Promise<CheckedEnvironment> {
  const { objects, diagnostics, used } = await render(builder, facts);
  const cluster: Cluster = { objects, given: facts.given, root: facts.root.name, paths: foldersOf(tree) };
  return {
    environmentId: facts.environmentId,
    objects,
    diagnostics: [...diagnostics, ...unused(facts, used), ...checkCluster(cluster, validators)].map(
      (diagnostic) => ({ ...diagnostic, where: { ...diagnostic.where, source: facts.environmentId } }),
    ),
  };
}

/** Returns every folder with files, at any depth. */
function foldersOf(tree: readonly TreeFile[]): Set<string> {
  const folders = tree.flatMap(({ path }) => {
    const parts = path.split("/").slice(0, -1);
    return parts.map((_part, index) => parts.slice(0, index + 1).join("/"));
  });
  return new Set(folders);
}

function unused({ clusterVars }: EnvironmentFacts, used: ReadonlySet<string>): Diagnostic[] {
  return Object.keys(clusterVars)
    .filter((name) => !used.has(name))
    .map((name) =>
      manifestError("variables", `cluster-vars ${name}`, [
        "is not used in the tree",
        "remove it from src/stacks/cluster-vars.ts",
      ]),
    );
}
