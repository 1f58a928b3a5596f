import type { Manifest } from "./objects.js";

/** Name with namespace. */
export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}

/** Node group of the platform. */
export interface NodeGroupFacts {
  /** Value of the label `scope`. */
  readonly scope: string;
  /** True if pods must tolerate `scope=<scope>:NoSchedule`. */
  readonly tainted: boolean;
}

/** Objects in a cluster before the Flux tree is applied: from Terraform, EKS and its add-ons. */
export interface Given {
  readonly namespaces: readonly string[];
  /** Service accounts with AWS permissions, from the platform's Pod Identity associations. */
  readonly identities: readonly NamespacedName[];
  /** Service accounts of add-ons, which are not in the tree. */
  readonly addonServiceAccounts: readonly NamespacedName[];
  readonly nodeGroups: readonly NodeGroupFacts[];
  readonly secrets: readonly NamespacedName[];
  readonly configMaps: readonly NamespacedName[];
  /** Git sources that the Flux bootstrap creates in flux-system. */
  readonly gitSources: readonly string[];
}

/** Objects of an environment's cluster that are known before deployment. */
export interface Cluster {
  readonly objects: readonly Manifest[];
  readonly given: Given;
  /** Root Kustomization, which the Flux bootstrap creates. */
  readonly root: string;
  /** Files and folders of the tree, to check paths in manifests; undefined without a tree. */
  readonly paths: ReadonlySet<string> | undefined;
}

/** Returns the objects of some kinds. */
export function ofKind(cluster: Pick<Cluster, "objects">, ...kinds: readonly string[]): Manifest[] {
  return cluster.objects.filter(({ kind }) => kinds.includes(kind));
}

/** Returns whether the cluster has an object of a kind and name. */
export function has(cluster: Cluster, kind: string, name: string, namespace?: string): boolean {
  return cluster.objects.some(
    (object) => object.kind === kind && object.name === name && object.namespace === namespace,
  );
}
