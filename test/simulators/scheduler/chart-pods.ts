import { type Cluster, ofKind } from "../../../src/kubernetes/cluster.js";
import { at, type Manifest, numberAt, textAt } from "../../../src/kubernetes/objects.js";
import { requestsOf } from "../../../src/kubernetes/quantity.js";
import { chartOf } from "../../../src/manifests/chart-of.js";
import { type Budget, type PodSet, placementOf, SYSTEM_PRIORITY } from "./pod-set.js";

/** Pods of a chart, and the location of their settings in its values. */
interface ChartPods {
  readonly name: string;
  /** Path of the map with placement and resources. @default the root of the values */
  readonly at?: readonly string[];
  /** Key of the number of replicas in that map. @default one replica */
  readonly replicas?: string;
  /** Key of a persistent volume in that map. @default none */
  readonly disk?: string;
  /** Path of the map with the PodDisruptionBudget. @default none */
  readonly budget?: readonly string[];
  /** PodDisruptionBudget that the chart creates by default. @default none */
  readonly defaultBudget?: Budget;
  /** @default the priority of the class in that map, or the chart's default */
  readonly priority?: number;
}

/**
 * Deployments and StatefulSets of each chart. DaemonSets are subtracted from the capacity of nodes.
 *
 * Budgets and priorities default to those of the charts.
 */
const CHARTS: Readonly<Record<string, readonly ChartPods[]>> = {
  alloy: [],
  "aws-load-balancer-controller": [
    {
      name: "aws-load-balancer-controller",
      replicas: "replicaCount",
      budget: ["podDisruptionBudget"],
      priority: SYSTEM_PRIORITY,
    },
  ],
  "cluster-autoscaler": [
    {
      name: "cluster-autoscaler",
      replicas: "replicaCount",
      defaultBudget: { maxUnavailable: 1 },
      priority: SYSTEM_PRIORITY,
    },
  ],
  "external-dns": [{ name: "external-dns" }],
  "kube-prometheus-stack": [
    {
      name: "prometheus",
      at: ["prometheus", "prometheusSpec"],
      replicas: "replicas",
      disk: "storageSpec",
      budget: ["prometheus", "podDisruptionBudget"],
    },
    {
      name: "alertmanager",
      at: ["alertmanager", "alertmanagerSpec"],
      replicas: "replicas",
      disk: "storage",
      budget: ["alertmanager", "podDisruptionBudget"],
    },
    { name: "prometheus-operator", at: ["prometheusOperator"] },
    { name: "kube-state-metrics", at: ["kube-state-metrics"] },
    { name: "grafana", at: ["grafana"] },
  ],
  loki: [
    {
      name: "loki",
      at: ["singleBinary"],
      replicas: "replicas",
      disk: "persistence",
      budget: ["singleBinary", "podDisruptionBudget"],
    },
  ],
};

/**
 * Returns the pods of all charts of a cluster whose values contain requests.
 *
 * @param priorities - value of each PriorityClass
 * @throws Error for an unknown chart
 */
export function chartPods(
  cluster: Pick<Cluster, "objects">,
  priorities: ReadonlyMap<string, number>,
): PodSet[] {
  return ofKind(cluster, "HelmRelease").flatMap((release) => {
    const chart = chartOf(cluster, release)?.name ?? "";
    const pods = CHARTS[chart];
    if (pods === undefined)
      throw new Error(
        `Unknown chart "${chart}" of the HelmRelease ${release.name}. Add its pods to test/simulators/scheduler.`,
      );
    return pods.map((found) => podSet(found, release, priorities));
  });
}

function podSet(pods: ChartPods, { body }: Manifest, priorities: ReadonlyMap<string, number>): PodSet {
  const values = at(body, "spec", "values");
  const map = at(values, ...(pods.at ?? []));
  return {
    name: pods.name,
    count: pods.replicas === undefined ? 1 : (numberAt(map, pods.replicas) ?? 1),
    requests: requestsOf(map),
    staysInItsZone: pods.disk !== undefined && at(map, pods.disk) !== undefined,
    priority: pods.priority ?? priorities.get(textAt(map, "priorityClassName") ?? "") ?? 0,
    budget: pods.budget === undefined ? pods.defaultBudget : budgetOf(at(values, ...pods.budget)),
    ...placementOf(map),
  };
}

/** Returns a chart's budget. Without more settings than `enabled`, minAvailable is 1. */
function budgetOf(map: unknown): Budget | undefined {
  const maxUnavailable = numberAt(map, "maxUnavailable");
  if (maxUnavailable !== undefined) return { maxUnavailable };
  return at(map, "enabled") === true ? { minAvailable: numberAt(map, "minAvailable") ?? 1 } : undefined;
}
