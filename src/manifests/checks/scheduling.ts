import { SCOPE_LABEL } from "@notejam/constructs/eks/node-settings";
import type { Diagnostic } from "../../diagnostic.js";
import type { Cluster } from "../../kubernetes/cluster.js";
import { at, describe, isFields, listAt, type Manifest, textAt } from "../../kubernetes/objects.js";
import { podTemplates } from "../../kubernetes/pods.js";
import { manifestError } from "../manifest-error.js";

const CHECK = "scheduling";

interface Placement {
  readonly where: string;
  readonly scope: string;
  readonly tolerations: readonly unknown[];
}

/** Every node selector matches an existing node group, and the pods tolerate its taint. */
export function scheduling(cluster: Cluster): Diagnostic[] {
  const known = cluster.given.nodeGroups;
  return placements(cluster).flatMap(({ where, scope, tolerations }) => {
    const group = known.find((candidate) => candidate.scope === scope);
    if (group === undefined) {
      const scopes = known.map((candidate) => candidate.scope).join(", ");
      return [
        manifestError(CHECK, where, `selects nodes with ${SCOPE_LABEL}=${scope}; existing scopes: ${scopes}`),
      ];
    }
    if (!group.tainted || tolerations.some((toleration) => tolerates(toleration, scope))) return [];
    return [
      manifestError(
        CHECK,
        where,
        `does not tolerate ${SCOPE_LABEL}=${scope}:NoSchedule, so it is never scheduled there`,
      ),
    ];
  });
}

function tolerates(toleration: unknown, scope: string): boolean {
  const key = at(toleration, "key");
  if (key !== undefined && key !== SCOPE_LABEL) return false;
  return textAt(toleration, "operator") === "Exists" || textAt(toleration, "value") === scope;
}

function placements(cluster: Cluster): Placement[] {
  const pods = podTemplates(cluster).map(({ owner, spec }) => ({ where: describe(owner), spec }));
  const charts = cluster.objects
    .filter(({ kind }) => kind === "HelmRelease")
    .flatMap((release) => inValues(release, at(release.body, "spec", "values"), ""));
  return [...pods, ...charts].flatMap(({ where, spec }) => {
    const scope = textAt(spec, "nodeSelector", SCOPE_LABEL);
    return scope === undefined ? [] : [{ where, scope, tolerations: listAt(spec, "tolerations") }];
  });
}

/** Maps in chart values with a nodeSelector. */
function inValues(release: Manifest, value: unknown, path: string): { where: string; spec: unknown }[] {
  if (!isFields(value)) return [];
  const here = "nodeSelector" in value ? [{ where: `${describe(release)} ${path}`.trim(), spec: value }] : [];
  return [
    ...here,
    ...Object.entries(value).flatMap(([key, child]) =>
      inValues(release, child, path === "" ? key : `${path}.${key}`),
    ),
  ];
}
