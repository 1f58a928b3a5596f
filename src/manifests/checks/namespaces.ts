import { type Cluster, ofKind } from "../../kubernetes/cluster.js";
import { describe, isClusterWide } from "../../kubernetes/objects.js";
import type { Finding } from "../finding.js";

const CHECK = "namespaces";

/** Every object says its namespace, and the namespace exists; none that is pruned takes its contents along. */
export function namespaces(cluster: Cluster): Finding[] {
  const known = new Set([
    ...cluster.given.namespaces,
    ...ofKind(cluster, "Namespace").map(({ name }) => name),
  ]);
  const misplaced = cluster.objects
    .filter((object) => !isClusterWide(object))
    .flatMap((object): Finding[] => {
      const where = describe(object);
      if (object.namespace === undefined) {
        return [{ check: CHECK, where, what: "names no namespace; write metadata.namespace" }];
      }
      if (known.has(object.namespace)) return [];
      return [
        { check: CHECK, where, what: `namespace ${object.namespace} does not exist; add it to namespaces` },
      ];
    });
  const pruned = ofKind(cluster, "Namespace")
    .filter(({ text }) => !/kustomize\.toolkit\.fluxcd\.io\/prune: "?disabled"?/.test(text))
    .map((object) => ({
      check: CHECK,
      where: describe(object),
      what: "would be deleted with all it holds when its file goes; label it kustomize.toolkit.fluxcd.io/prune: disabled",
    }));
  return [...misplaced, ...pruned];
}
