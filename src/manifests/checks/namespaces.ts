import type { Diagnostic } from "../../diagnostic.js";
import { type Cluster, ofKind } from "../../kubernetes/cluster.js";
import { describe, isClusterWide } from "../../kubernetes/objects.js";
import { manifestError } from "../manifest-error.js";

const CHECK = "namespaces";

/** Every namespaced object has an existing namespace, and Flux never prunes a namespace with its objects. */
export function namespaces(cluster: Cluster): Diagnostic[] {
  const known = new Set([
    ...cluster.given.namespaces,
    ...ofKind(cluster, "Namespace").map(({ name }) => name),
  ]);
  const misplaced = cluster.objects
    .filter((object) => !isClusterWide(object))
    .flatMap((object): Diagnostic[] => {
      const where = describe(object);
      if (object.namespace === undefined) {
        return [manifestError(CHECK, where, ["has no namespace", "write metadata.namespace"])];
      }
      if (known.has(object.namespace)) return [];
      return [
        manifestError(CHECK, where, [`namespace ${object.namespace} does not exist`, "add it to namespaces"]),
      ];
    });
  const pruned = ofKind(cluster, "Namespace")
    .filter(({ text }) => !/kustomize\.toolkit\.fluxcd\.io\/prune: "?disabled"?/.test(text))
    .map((object) =>
      manifestError(CHECK, describe(object), [
        "would be deleted with all of its objects when its file is removed",
        "label it kustomize.toolkit.fluxcd.io/prune: disabled",
      ]),
    );
  return [...misplaced, ...pruned];
}
