import { type Cluster, ofKind } from "../../../src/kubernetes/cluster.js";
import { at, type Manifest, numberAt, textAt, textsAt } from "../../../src/kubernetes/objects.js";
import { containersOf, matches, type PodTemplate, podTemplates } from "../../../src/kubernetes/pods.js";
import { requestsOf, sumOf } from "../../../src/kubernetes/quantity.js";
import { chartPods } from "./chart-pods.js";
import { GIVEN_PODS } from "./given-pods.js";
import { type Budget, type PodSet, placementOf } from "./pod-set.js";

/** How much there is to do: the least number of pods that the autoscaler keeps, or the most that it starts. */
export type Load = "usual" | "peak";

type Rendered = Pick<Cluster, "objects">;

/** Every pod of a rendered cluster that needs a place: of manifests, of charts, of add-ons. Jobs count as if all ran at once. */
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

/** As its autoscaler has it, or as it says itself, or one. */
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
  throw new Error(`PodDisruptionBudget ${found.name} counts in percent; test/simulators/scheduler does not.`);
}
