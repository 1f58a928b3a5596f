import { isFields, listAt, textAt } from "../../../src/kubernetes/objects.js";
import type { Resources } from "../../../src/kubernetes/quantity.js";

/** How many pods an eviction of people's making (a drain, an update of nodes) has to leave. */
export type Budget =
  | { readonly maxUnavailable: number; readonly minAvailable?: undefined }
  | { readonly minAvailable: number; readonly maxUnavailable?: undefined };

/** Pods that are alike: a Deployment's, a StatefulSet's, a job's. */
export interface PodSet {
  readonly name: string;
  readonly count: number;
  /** What one pod asks for. */
  readonly requests: Resources;
  /** Group of nodes that it demands. @default any whose taint it tolerates */
  readonly scope?: string;
  /** Groups whose taint it tolerates. */
  readonly tolerates: (scope: string) => boolean;
  /** Whether no zone may have two pods more than another. @default its pods are only preferred to be apart */
  readonly evenOverZones?: boolean;
  /** Whether it writes to a disk that exists in one zone only, so that a pod can never leave its first one. @default false */
  readonly staysInItsZone?: boolean;
  /** Higher ones are placed first. @default 0 */
  readonly priority?: number;
  /** @default none */
  readonly budget?: Budget;
}

/** Priority of what Kubernetes itself cannot do without (`system-cluster-critical`). */
export const SYSTEM_PRIORITY = 2_000_000_000;

/** Where a pod's specification, or a map of a chart's values, lets it run. */
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

/** Pods that may be evicted now, of `healthy` ones among `desired`. */
export function evictable(budget: Budget | undefined, healthy: number, desired: number): number {
  if (budget === undefined) return healthy;
  const least = budget.minAvailable ?? desired - budget.maxUnavailable;
  return Math.max(0, healthy - least);
}
