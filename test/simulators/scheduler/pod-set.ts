import { isFields, listAt, textAt } from "../../../src/kubernetes/objects.js";
import type { Resources } from "../../../src/kubernetes/quantity.js";

/** PodDisruptionBudget: limits voluntary evictions (node drains and updates). */
export type Budget =
  | { readonly maxUnavailable: number; readonly minAvailable?: undefined }
  | { readonly minAvailable: number; readonly maxUnavailable?: undefined };

/** Pods with the same template: of a Deployment, a StatefulSet or a Job. */
export interface PodSet {
  readonly name: string;
  readonly count: number;
  /** Resource requests of one pod. */
  readonly requests: Resources;
  /** Required node group. @default any whose taint the pods tolerate */
  readonly scope?: string;
  /** Returns true if the pods tolerate the taint of a node group. */
  readonly tolerates: (scope: string) => boolean;
  /** True if the pods of two zones may differ by at most one. @default false: spreading is only preferred */
  readonly evenOverZones?: boolean;
  /** True if the pods use a zonal volume, which binds them to their first zone. @default false */
  readonly staysInItsZone?: boolean;
  /** Pods with higher values are scheduled first. @default 0 */
  readonly priority?: number;
  /** @default none */
  readonly budget?: Budget;
}

/** Priority of the class `system-cluster-critical`. */
export const SYSTEM_PRIORITY = 2_000_000_000;

/** Scheduling constraints of a pod's specification, or of a map of a chart's values. */
export function placementOf(spec: unknown): Pick<PodSet, "scope" | "tolerates" | "evenOverZones"> {
  const tolerations = listAt(spec, "tolerations").filter(isFields);
  const constraints = listAt(spec, "topologySpreadConstraints");
  return {
    scope: textAt(spec, "nodeSelector", "scope"),
    tolerates: (scope) =>
      tolerations.some(
        ({ key, operator, value }) =>
          (key === undefined || key === "scope") && (operator === "Exists" || value === scope),
      ),
    evenOverZones: constraints.some(
      (constraint) =>
        textAt(constraint, "topologyKey") === "topology.kubernetes.io/zone" &&
        textAt(constraint, "whenUnsatisfiable") === "DoNotSchedule",
    ),
  };
}

/** Number of pods that may be evicted, of `healthy` ones among `desired`. */
export function evictable(budget: Budget | undefined, healthy: number, desired: number): number {
  if (budget === undefined) return healthy;
  const least = budget.minAvailable ?? desired - budget.maxUnavailable;
  return Math.max(0, healthy - least);
}
