import type { Cluster } from "../../kubernetes/cluster.js";
import { describe, groupOf, type Manifest } from "../../kubernetes/objects.js";
import type { Finding } from "../finding.js";

/** No two Kustomizations, and no two files of one, write the same object. */
export function collisions({ objects }: Cluster): Finding[] {
  const first = new Map<string, Manifest>();
  return objects.flatMap((object) => {
    const identity = [groupOf(object), describe(object)].join(" ");
    const other = first.get(identity);
    if (other === undefined) {
      first.set(identity, object);
      return [];
    }
    const by = [...new Set([other.kustomization, object.kustomization])].join(" and ");
    return [
      { check: "collisions", where: describe(object), what: `is written twice (by ${by}); remove one` },
    ];
  });
}
