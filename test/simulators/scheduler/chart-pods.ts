import { type Cluster, ofKind } from "../../../src/kubernetes/cluster.js";
import { at, type Manifest, numberAt, textAt } from "../../../src/kubernetes/objects.js";
import { requestsOf } from "../../../src/kubernetes/quantity.js";
import { chartOf } from "../../../src/manifests/chart-of.js";
import { type Budget, type PodSet, placementOf, SYSTEM_PRIORITY } from "./pod-set.js";

/** Pods that a chart makes, and where its values speak of them. */
interface ChartPods {
  readonly name: string;
  /** Map with placement and resources. @default the values themselves */
  readonly at?: readonly string[];
  /** Key of the number of pods in that map. @default one pod */
  readonly replicas?: string;
  /** Key in that map under which a disk is asked for. @default none */
  readonly disk?: string;
  /** Map of the budget. @default none */
  readonly budget?: readonly string[];
  /** The budget where the chart's own default makes one. @default none */
  readonly defaultBudget?: Budget;
  /** @default what the class in that map says, or the chart's default */
  readonly priority?: number;
}

/**
 * The Deployments and StatefulSets of each chart in use; what runs on every node is counted with the nodes.
 *
 * Budgets and priorities are the charts' defaults where the values say nothing.
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
 * The pods of every chart of a cluster, as far as the values say what they request.
 *
 * @param priorities - value of each PriorityClass
 * @throws Error at a chart whose pods are not known here
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
        `The chart "${chart}" of the HelmRelease ${release.name} is not known to test/simulators/scheduler; say there which pods it makes.`,
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

/** A chart's budget: of `enabled` ones that say nothing more, one pod has to stay. */
function budgetOf(map: unknown): Budget | undefined {
  const maxUnavailable = numberAt(map, "maxUnavailable");
  if (maxUnavailable !== undefined) return { maxUnavailable };
  return at(map, "enabled") === true ? { minAvailable: numberAt(map, "minAvailable") ?? 1 } : undefined;
}
