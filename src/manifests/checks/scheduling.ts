import { SCOPE_LABEL } from "../../../modules/eks/node-settings.js";
import type { Cluster } from "../../kubernetes/cluster.js";
import { at, describe, isFields, listAt, type Manifest, textAt } from "../../kubernetes/objects.js";
import { podTemplates } from "../../kubernetes/pods.js";
import type { Finding } from "../finding.js";

const CHECK = "scheduling";

interface Placement {
  readonly where: string;
  readonly scope: string;
  readonly tolerations: readonly unknown[];
}

/** Whatever asks for a group of nodes asks for one that exists, and tolerates its taint. */
export function scheduling(cluster: Cluster): Finding[] {
  const known = cluster.given.nodeGroups;
  return placements(cluster).flatMap(({ where, scope, tolerations }) => {
    const group = known.find((candidate) => candidate.scope === scope);
    if (group === undefined) {
      const scopes = known.map((candidate) => candidate.scope).join(", ");
      return [
        { check: CHECK, where, what: `asks for nodes with ${SCOPE_LABEL}=${scope}; there are ${scopes}` },
      ];
    }
    if (!group.tainted || tolerations.some((toleration) => tolerates(toleration, scope))) return [];
    return [
      {
        check: CHECK,
        where,
        what: `does not tolerate ${SCOPE_LABEL}=${scope}:NoSchedule, so it never starts there`,
      },
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

/** Every map in a chart's values that places pods. */
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
