import type { Diagnostic } from "../../diagnostic.js";
import type { Cluster } from "../../kubernetes/cluster.js";
import { describe, groupOf, type Manifest } from "../../kubernetes/objects.js";
import { manifestError } from "../manifest-error.js";

/** Each object is defined once, in one Kustomization. */
export function collisions({ objects }: Cluster): Diagnostic[] {
  const first = new Map<string, Manifest>();
  return objects.flatMap((object) => {
    const identity = [groupOf(object), describe(object)].join(" ");
    const other = first.get(identity);
    if (other === undefined) {
      first.set(identity, object);
      return [];
    }
    const by = [...new Set([other.kustomization, object.kustomization])].join(" and ");
    return [manifestError("collisions", describe(object), [`is defined twice (by ${by})`, "remove one"])];
  });
}
