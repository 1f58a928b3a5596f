import { type Cluster, ofKind } from "../../kubernetes/cluster.js";
import { describe, isFields, listAt, type Manifest, textsAt } from "../../kubernetes/objects.js";
import { matches, type PodTemplate, podTemplates } from "../../kubernetes/pods.js";
import type { Finding } from "../finding.js";

const CHECK = "selectors";

/** Where a kind says which pods it means. */
const SELECTORS: Readonly<Record<string, readonly string[]>> = {
  NetworkPolicy: ["spec", "podSelector", "matchLabels"],
  PodDisruptionBudget: ["spec", "selector", "matchLabels"],
  Service: ["spec", "selector"],
};

/** Every selector finds pods, and each workload's own finds its own. */
export function selectors(cluster: Cluster): Finding[] {
  const pods = podTemplates(cluster);
  // A chart's pods are not in the tree: where one is installed, a selector may mean them.
  const withCharts = new Set(ofKind(cluster, "HelmRelease").map(({ namespace }) => namespace));
  return [
    ...pods.flatMap(ownSelector),
    ...pods.flatMap(spread),
    ...ofKind(cluster, ...Object.keys(SELECTORS))
      .filter(({ namespace }) => !withCharts.has(namespace))
      .flatMap((object) => findsNothing(object, pods)),
  ];
}

function findsNothing(object: Manifest, pods: readonly PodTemplate[]): Finding[] {
  const selector = textsAt(object.body, ...(SELECTORS[object.kind] ?? []));
  if (Object.keys(selector).length === 0) return [];
  const found = pods.some(
    ({ owner, labels }) => owner.namespace === object.namespace && matches(selector, labels),
  );
  if (found) return [];
  return [
    {
      check: CHECK,
      where: describe(object),
      what: `selects no pod in ${object.namespace}: ${JSON.stringify(selector)}`,
    },
  ];
}

function ownSelector({ owner, labels }: PodTemplate): Finding[] {
  const selector = textsAt(owner.body, "spec", "selector", "matchLabels");
  if (matches(selector, labels)) return [];
  const what = `selector ${JSON.stringify(selector)} does not match its own pods' labels ${JSON.stringify(labels)}`;
  return [{ check: CHECK, where: describe(owner), what }];
}

function spread({ owner, labels, spec }: PodTemplate): Finding[] {
  return listAt(spec, "topologySpreadConstraints")
    .filter(isFields)
    .map((constraint) => textsAt(constraint, "labelSelector", "matchLabels"))
    .filter((selector) => !matches(selector, labels))
    .map((selector) => ({
      check: CHECK,
      where: describe(owner),
      what: `spreads pods with ${JSON.stringify(selector)}, which are not its own`,
    }));
}
