import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VPC_CNI_SERVICE_ACCOUNT } from "@notejam/constructs/eks/network-addons";
import { SCOPE_LABEL } from "@notejam/constructs/eks/node-settings";
import { SYSTEM_SERVICE_ACCOUNTS } from "@notejam/constructs/eks/system-addons";
import { CLUSTER_VARS, FLUX_NAMESPACE } from "@notejam/constructs/flux/names";
import type { TreeFile } from "@notejam/constructs/github/operations-repository";
import type { Configuration } from "../config/load.js";
import { namesOf } from "../config/names.js";
import type { Given, NamespacedName } from "../kubernetes/cluster.js";
import { at, isFields, listAt, textAt } from "../kubernetes/objects.js";
import { addStacks } from "../stacks/compose.js";
import { synthesizeInto } from "../terraform/write-stacks.js";
import { plausibleOutput } from "./plausible-outputs.js";

/** Facts of an environment's cluster, read from the synthesized stacks. */
export interface EnvironmentFacts {
  readonly environmentId: string;
  /** Data of the ConfigMap `cluster-vars`, with placeholders for values that are known only after apply. */
  readonly clusterVars: Readonly<Record<string, string>>;
  readonly given: Given;
  /** Root Kustomization, which the Flux instance creates, and its folder. */
  readonly root: { readonly name: string; readonly path: string };
}

/** Namespaces that exist before the tree is applied: those of Kubernetes, the add-ons and Flux. */
const NAMESPACES = [
  "default",
  "kube-system",
  "kube-public",
  SYSTEM_SERVICE_ACCOUNTS.cloudWatchAgent.namespace,
  FLUX_NAMESPACE,
];

/** Synthesizes the stacks of a configuration and returns the facts of its clusters. */
export async function environmentFacts(
  configuration: Configuration,
  tree: readonly TreeFile[],
  now: Date,
): Promise<EnvironmentFacts[]> {
  const folder = mkdtempSync(join(tmpdir(), "notejam-manifests-"));
  try {
    await synthesizeInto(folder, (app) => addStacks(app, { ...configuration, tree, now }));
    return configuration.environments.map((environment) => {
      const names = namesOf(environment);
      const stack = (name: string) => read(join(folder, "stacks", name, "cdk.tf.json"));
      return factsOf(names.environmentId, stack(names.platformStack), stack(names.gitopsStack));
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Resources of a type in a stack's JSON. */
function resources(stack: unknown, type: string): unknown[] {
  const found = at(stack, "resource", type);
  return isFields(found) ? Object.values(found) : [];
}

/** Reads the facts from the JSON of an environment's two stacks. */
export function factsOf(environmentId: string, platform: unknown, gitops: unknown): EnvironmentFacts {
  const identities = resources(platform, "aws_eks_pod_identity_association").map((association) => ({
    namespace: textAt(association, "namespace") ?? "",
    name: textAt(association, "service_account") ?? "",
  }));
  const nodeGroups = resources(platform, "aws_eks_node_group").map((group) => ({
    scope: textAt(group, "labels", SCOPE_LABEL) ?? "",
    tainted: listAt(group, "taint").length > 0,
  }));
  const inFlux = (name: string): NamespacedName => ({ namespace: FLUX_NAMESPACE, name });
  const { name, path } = syncOf(gitops);
  return {
    environmentId,
    clusterVars: clusterVarsOf(platform, gitops, environmentId),
    root: { name, path },
    given: {
      namespaces: NAMESPACES,
      identities,
      addonServiceAccounts: [VPC_CNI_SERVICE_ACCOUNT, ...Object.values(SYSTEM_SERVICE_ACCOUNTS)].map(
        ({ namespace, serviceAccount }) => ({ namespace, name: serviceAccount }),
      ),
      nodeGroups,
      secrets: [],
      configMaps: [inFlux(CLUSTER_VARS)],
      gitSources: [name],
    },
  };
}

/** Returns name and path of the source that Flux reconciles. */
function syncOf(gitops: unknown): { name: string; path: string } {
  const release = resources(gitops, "helm_release").find(
    (found) => textAt(found, "chart") === "flux-instance",
  );
  const [values] = listAt(release, "values");
  const text = typeof values === "string" ? values : "";
  const setting = (key: string) => new RegExp(`"${key}" = "([^"]*)"`).exec(text)?.[1];
  const name = setting("name");
  const path = setting("path");
  if (name === undefined || path === undefined) {
    throw new Error(
      "The gitops stack has no release flux-instance with sync.name and sync.path; see modules/flux.",
    );
  }
  return { name, path };
}

function clusterVarsOf(platform: unknown, gitops: unknown, environmentId: string): Record<string, string> {
  const config = resources(gitops, "kubernetes_config_map_v1").find(
    (found) => textAt(found, "metadata", "name") === CLUSTER_VARS,
  );
  const data = at(config, "data");
  if (!isFields(data))
    throw new Error(`The gitops stack has no ConfigMap ${CLUSTER_VARS}; see modules/flux.`);
  const resolve = new Resolver(platform, environmentId);
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, resolve.text(String(value))]));
}

const OUTPUT = /data\.terraform_remote_state\.platform\.outputs\.(\w+)/;

/** Replaces the references in a value with their known values, or with placeholders. */
class Resolver {
  private readonly platform: unknown;
  private readonly environmentId: string;

  constructor(platform: unknown, environmentId: string) {
    this.platform = platform;
    this.environmentId = environmentId;
  }

  text(value: string): string {
    return value.replace(/\$\{([^}]*)\}/g, (_reference, expression: string) => this.expression(expression));
  }

  private expression(expression: string): string {
    if (expression === "var.github_owner") return "example";
    const [, name] = OUTPUT.exec(expression) ?? [];
    if (name === undefined) {
      throw new Error(
        `cluster-vars contains \${${expression}}, whose value is not known before apply. Add a placeholder to src/manifests/plausible-outputs.ts.`,
      );
    }
    const [, index] = /^element\(.*, (\d)\)$/.exec(expression) ?? [];
    return index === undefined ? this.output(name) : this.member(name, Number(index));
  }

  private output(name: string): string {
    const value = textAt(this.platform, "output", name, "value");
    return value === undefined || value.includes("${") ? plausibleOutput(name, this.facts()) : value;
  }

  private member(name: string, index: number): string {
    return String(listAt(this.platform, "output", name, "value")[index]);
  }

  private facts() {
    const output = (name: string) => textAt(this.platform, "output", name, "value") ?? "";
    const [name, region] = [output("environment"), output("region")];
    // A standby's names depend on its own region, not on its primary's.
    const standbyOf = this.environmentId === name ? undefined : { region };
    return { names: namesOf({ name, region, standbyOf }), region };
  }
}
