import { type Cluster, ofKind } from "../../../src/kubernetes/cluster.js";
import { at, type Manifest, numberAt, textAt, textsAt } from "../../../src/kubernetes/objects.js";
import { containersOf, matches, type PodTemplate, podTemplates } from "../../../src/kubernetes/pods.js";
import { requestsOf, sumOf } from "../../../src/kubernetes/quantity.js";
import { chartPods } from "./chart-pods.js";
import { GIVEN_PODS } from "./given-pods.js";
import { type Budget, type PodSet, placementOf } from "./pod-set.js";

/** Load: the autoscaler's minimum or maximum number of pods. */
export type Load = "usual" | "peak";

type Rendered = Pick<Cluster, "objects">;

/** Returns all pods of a rendered cluster: of manifests, charts and add-ons. Assumes that all Jobs run at the same time. */
export function podsOf(cluster: Rendered, load: Load): PodSet[] {
  const priorities = new Map(
    ofKind(cluster, "PriorityClass").map(({ name, body }) => [name, numberAt(body, "value") ?? 0]),
  );
  const own = podTemplates(cluster).map((template) => ({
    name: template.owner.name,
    count: countOf(cluster, template.owner, load),
    requests: sumOf(containersOf(template).map(requestsOf)),
    priority: priorities.get(textAt(template.spec, "priorityClassName") ?? "") ?? 0,
    budget: budgetOf(cluster, template),
    ...placementOf(template.spec),
  }));
  return [...own, ...chartPods(cluster, priorities), ...GIVEN_PODS];
}

/** Number of replicas: from the autoscaler, from the workload, or one. */
function countOf(cluster: Rendered, owner: Manifest, load: Load): number {
  const autoscaler = ofKind(cluster, "HorizontalPodAutoscaler").find(
    ({ body }) => textAt(body, "spec", "scaleTargetRef", "name") === owner.name,
  );
  if (!autoscaler || owner.kind !== "Deployment") return numberAt(owner.body, "spec", "replicas") ?? 1;
  return numberAt(autoscaler.body, "spec", load === "usual" ? "minReplicas" : "maxReplicas") ?? 1;
}

function budgetOf(cluster: Rendered, { labels, owner }: PodTemplate): Budget | undefined {
  const found = ofKind(cluster, "PodDisruptionBudget").find(
    ({ namespace, body }) =>
      namespace === owner.namespace && matches(textsAt(body, "spec", "selector", "matchLabels"), labels),
  );
  if (found === undefined) return undefined;
  const maxUnavailable = at(found.body, "spec", "maxUnavailable");
  const minAvailable = at(found.body, "spec", "minAvailable");
  if (typeof maxUnavailable === "number") return { maxUnavailable };
  if (typeof minAvailable === "number") return { minAvailable };
  throw new Error(
    `PodDisruptionBudget ${found.name}: percentages are not supported in test/simulators/scheduler.`,
  );
}
