import type { Diagnostic } from "../../diagnostic.js";
import { type Cluster, ofKind } from "../../kubernetes/cluster.js";
import { describe, isFields, listAt, type Manifest, textsAt } from "../../kubernetes/objects.js";
import { matches, type PodTemplate, podTemplates } from "../../kubernetes/pods.js";
import { manifestError } from "../manifest-error.js";

const CHECK = "selectors";

/** Path of the pod selector, by kind. */
const SELECTORS: Readonly<Record<string, readonly string[]>> = {
  NetworkPolicy: ["spec", "podSelector", "matchLabels"],
  PodDisruptionBudget: ["spec", "selector", "matchLabels"],
  Service: ["spec", "selector"],
};

/** Every selector matches pods, and the selector of a workload matches its own pods. */
export function selectors(cluster: Cluster): Diagnostic[] {
  const pods = podTemplates(cluster);
  // Pods of charts are not in the tree: selectors in a namespace with a release may match those.
  const withCharts = new Set(ofKind(cluster, "HelmRelease").map(({ namespace }) => namespace));
  return [
    ...pods.flatMap(ownSelector),
    ...pods.flatMap(spread),
    ...ofKind(cluster, ...Object.keys(SELECTORS))
      .filter(({ namespace }) => !withCharts.has(namespace))
      .flatMap((object) => findsNothing(object, pods)),
  ];
}

function findsNothing(object: Manifest, pods: readonly PodTemplate[]): Diagnostic[] {
  const selector = textsAt(object.body, ...(SELECTORS[object.kind] ?? []));
  if (Object.keys(selector).length === 0) return [];
  const found = pods.some(
    ({ owner, labels }) => owner.namespace === object.namespace && matches(selector, labels),
  );
  if (found) return [];
  return [
    manifestError(
      CHECK,
      describe(object),
      `selects no pod in ${object.namespace}: ${JSON.stringify(selector)}`,
    ),
  ];
}

function ownSelector({ owner, labels }: PodTemplate): Diagnostic[] {
  const selector = textsAt(owner.body, "spec", "selector", "matchLabels");
  if (matches(selector, labels)) return [];
  const what = `selector ${JSON.stringify(selector)} does not match its own pods' labels ${JSON.stringify(labels)}`;
  return [manifestError(CHECK, describe(owner), what)];
}

function spread({ owner, labels, spec }: PodTemplate): Diagnostic[] {
  return listAt(spec, "topologySpreadConstraints")
    .filter(isFields)
    .map((constraint) => textsAt(constraint, "labelSelector", "matchLabels"))
    .filter((selector) => !matches(selector, labels))
    .map((selector) =>
      manifestError(
        CHECK,
        describe(owner),
        `spreads pods with ${JSON.stringify(selector)}, which are not its own`,
      ),
    );
}
