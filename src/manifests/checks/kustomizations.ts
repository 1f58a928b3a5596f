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
import type { Finding } from "../finding.js";

const CHECK = "kustomizations";

/** Which chart brings the resource definitions of a group: its Kustomization must be ready before. */
const DEFINED_BY: Readonly<Record<string, string>> = {
  "elbv2.k8s.aws": "aws-load-balancer-controller",
  "monitoring.coreos.com": "kube-prometheus-stack",
};

/** Each Kustomization waits and retries, so that `dependsOn` orders anything, and depends on what its objects need. */
export function kustomizations(cluster: Cluster): Finding[] {
  const all = ofKind(cluster, "Kustomization").filter(({ apiVersion }) =>
    apiVersion.startsWith("kustomize.toolkit"),
  );
  const order = new Order(all, cluster.root);
  return [...all.flatMap(settings), ...order.faults(), ...missingOrder(cluster, order)];
}

function settings(kustomization: Manifest): Finding[] {
  const { body } = kustomization;
  const where = describe(kustomization);
  const faults: string[] = [];
  if (at(body, "spec", "wait") !== true) {
    faults.push(
      "does not wait for what it applies, so what depends on it starts too early; write spec.wait: true",
    );
  }
  if (at(body, "spec", "prune") !== true)
    faults.push("leaves behind what the tree no longer holds; write spec.prune: true");
  for (const field of ["timeout", "retryInterval"]) {
    if (textAt(body, "spec", field) === undefined) faults.push(`has no spec.${field}`);
  }
  return faults.map((what) => ({ check: CHECK, where, what }));
}

/** Who waits for whom. */
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

  /** Whether `later` is applied only after `earlier` is ready. */
  follows(later: string, earlier: string): boolean {
    if (later === earlier) return true;
    return this.closure(later).has(earlier) || earlier === this.root;
  }

  faults(): Finding[] {
    return this.all.flatMap((kustomization) => {
      const where = describe(kustomization);
      const needs = this.dependencies.get(kustomization.name) ?? [];
      const missing = needs
        .filter((name) => !this.dependencies.has(name))
        .map((name) => ({ check: CHECK, where, what: `depends on ${name}, which does not exist` }));
      const circular = this.closure(kustomization.name).has(kustomization.name)
        ? [
            {
              check: CHECK,
              where,
              what: "depends on itself, over others; nothing of the circle would ever be applied",
            },
          ]
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

function missingOrder(cluster: Cluster, order: Order): Finding[] {
  const makers = new Map(
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
      isClusterWide(object) || namespace === undefined ? undefined : makers.get(namespace),
      chart === undefined ? undefined : charts.get(chart),
    ];
    for (const earlier of needs) {
      const pair = `${kustomization} ${earlier}`;
      if (earlier === undefined || order.follows(kustomization, earlier) || faults.has(pair)) continue;
      const what = `must depend on ${earlier}, which makes what ${describe(object)} needs`;
      faults.set(pair, `Kustomization ${kustomization} ${what}`);
    }
  }
  return [...faults.values()].map((what) => ({ check: CHECK, where: "order", what }));
}
