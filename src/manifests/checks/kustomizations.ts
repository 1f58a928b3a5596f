import type { Diagnostic } from "../../diagnostic.js";
import { type Cluster, ofKind } from "../../kubernetes/cluster.js";
import {
  at,
  describe,
  groupOf,
  isClusterWide,
  listAt,
  type Manifest,
  textAt,
} from "../../kubernetes/objects.js";
import { type Fault, manifestError } from "../manifest-error.js";

const CHECK = "kustomizations";

/** Chart that installs the CRDs of an API group; its Kustomization must be ready first. */
const DEFINED_BY: Readonly<Record<string, string>> = {
  "elbv2.k8s.aws": "aws-load-balancer-controller",
  "monitoring.coreos.com": "kube-prometheus-stack",
};

/** Each Kustomization waits and retries, so that `dependsOn` has an effect, and depends on what its objects need. */
export function kustomizations(cluster: Cluster): Diagnostic[] {
  const all = ofKind(cluster, "Kustomization").filter(({ apiVersion }) =>
    apiVersion.startsWith("kustomize.toolkit"),
  );
  const order = new Order(all, cluster.root);
  return [...all.flatMap(settings), ...order.faults(), ...missingOrder(cluster, order)];
}

function settings(kustomization: Manifest): Diagnostic[] {
  const { body } = kustomization;
  const where = describe(kustomization);
  const faults: Fault[] = [];
  if (at(body, "spec", "wait") !== true) {
    faults.push("does not wait for its objects, so its dependents start too early`, `write spec.wait: true");
  }
  if (at(body, "spec", "prune") !== true)
    faults.push(["does not delete objects that were removed from the tree", "write spec.prune: true"]);
  for (const field of ["timeout", "retryInterval"]) {
    if (textAt(body, "spec", field) === undefined) faults.push(`has no spec.${field}`);
  }
  return faults.map((fault) => manifestError(CHECK, where, fault));
}

/** The dependencies between Kustomizations. */
class Order {
  private readonly dependencies: ReadonlyMap<string, readonly string[]>;
  private readonly all: readonly Manifest[];
  private readonly root: string;

  constructor(all: readonly Manifest[], root: string) {
    this.all = all;
    this.root = root;
    this.dependencies = new Map(
      all.map(({ name, body }) => [
        name,
        listAt(body, "spec", "dependsOn").map((entry) => textAt(entry, "name") ?? ""),
      ]),
    );
  }

  /** Returns whether Flux applies `later` only after `earlier` is ready. */
  follows(later: string, earlier: string): boolean {
    if (later === earlier) return true;
    return this.closure(later).has(earlier) || earlier === this.root;
  }

  faults(): Diagnostic[] {
    return this.all.flatMap((kustomization) => {
      const where = describe(kustomization);
      const needs = this.dependencies.get(kustomization.name) ?? [];
      const missing = needs
        .filter((name) => !this.dependencies.has(name))
        .map((name) => manifestError(CHECK, where, `depends on ${name}, which does not exist`));
      const circular = this.closure(kustomization.name).has(kustomization.name)
        ? [manifestError(CHECK, where, "depends on itself in a cycle, so Flux never applies it")]
        : [];
      return [...missing, ...circular];
    });
  }

  private closure(name: string): Set<string> {
    const reached = new Set<string>();
    const open = [...(this.dependencies.get(name) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (reached.has(next)) continue;
      reached.add(next);
      open.push(...(this.dependencies.get(next) ?? []));
    }
    return reached;
  }
}

function missingOrder(cluster: Cluster, order: Order): Diagnostic[] {
  const creators = new Map(
    ofKind(cluster, "Namespace").map(({ name, kustomization }) => [name, kustomization]),
  );
  const charts = new Map(
    ofKind(cluster, "HelmRelease").map(({ name, kustomization }) => [name, kustomization]),
  );
  const faults = new Map<string, string>();
  for (const object of cluster.objects) {
    const { kustomization, namespace, apiVersion } = object;
    const chart = DEFINED_BY[groupOf({ apiVersion })];
    const needs = [
      isClusterWide(object) || namespace === undefined ? undefined : creators.get(namespace),
      chart === undefined ? undefined : charts.get(chart),
    ];
    for (const earlier of needs) {
      const pair = `${kustomization} ${earlier}`;
      if (earlier === undefined || order.follows(kustomization, earlier) || faults.has(pair)) continue;
      const what = `must depend on ${earlier}, which creates an object that ${describe(object)} needs`;
      faults.set(pair, `Kustomization ${kustomization} ${what}`);
    }
  }
  return [...faults.values()].map((what) => manifestError(CHECK, "order", what));
}
