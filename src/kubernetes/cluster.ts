import type { Manifest } from "./objects.js";

/** A name in a namespace. */
export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}

/** A group of nodes, as the platform makes it. */
export interface NodeGroupFacts {
  /** Value of the label `scope`. */
  readonly scope: string;
  /** Whether pods must tolerate `scope=<scope>:NoSchedule`. */
  readonly tainted: boolean;
}

/** What a cluster has before the tree is applied: from Terraform, from EKS and its add-ons. */
export interface Given {
  readonly namespaces: readonly string[];
  /** Service accounts with AWS rights, from the platform's Pod Identity associations. */
  readonly identities: readonly NamespacedName[];
  /** Service accounts of add-ons, which the tree does not show. */
  readonly addonServiceAccounts: readonly NamespacedName[];
  readonly nodeGroups: readonly NodeGroupFacts[];
  readonly secrets: readonly NamespacedName[];
  readonly configMaps: readonly NamespacedName[];
  /** Git sources that the bootstrap makes, in flux-system. */
  readonly gitSources: readonly string[];
}

/** All that will be in one environment's cluster, as far as a file can tell. */
export interface Cluster {
  readonly objects: readonly Manifest[];
  readonly given: Given;
  /** The first Kustomization, which the bootstrap makes. */
  readonly root: string;
  /** Files and folders of the tree, for paths that manifests name; undefined where there is no tree. */
  readonly paths: ReadonlySet<string> | undefined;
}

/** Objects of a kind. */
export function ofKind(cluster: Pick<Cluster, "objects">, ...kinds: readonly string[]): Manifest[] {
  return cluster.objects.filter(({ kind }) => kinds.includes(kind));
}

/** Whether the cluster has an object of that kind and name. */
export function has(cluster: Cluster, kind: string, name: string, namespace?: string): boolean {
  return cluster.objects.some(
    (object) => object.kind === kind && object.name === name && object.namespace === namespace,
  );
}
