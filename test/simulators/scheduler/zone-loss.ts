import { evictable, type PodSet } from "./pod-set.js";
import { type NodeGroupSize, SimulatedCluster } from "./simulated-cluster.js";

/** Placeholders for the zones of an environment. */
export const ZONES = ["first", "second", "third"] as const;

export type Zone = (typeof ZONES)[number];

/** Pod counts of a pod set during a zone failure. */
export interface PodCounts {
  readonly name: string;
  readonly desired: number;
  /** Running pods directly after the failure. */
  readonly left: number;
  /** Running pods after rescheduling to existing nodes. */
  readonly onNodesLeft: number;
  /** Running pods after node groups have scaled. */
  readonly onNewNodes: number;
  /** Pods that a drain may evict, before the failure and after recovery. */
  readonly evictableBefore: number;
  readonly evictableAfter: number;
}

export interface ZoneLoss {
  readonly zone: Zone;
  /** True if every pod was running before the failure. */
  readonly fitted: boolean;
  readonly podCounts: readonly PodCounts[];
}

/**
 * Simulates the failure of each zone, for every distribution of the nodes: groups with fewer nodes than zones may lack
 * nodes in any zone.
 */
export function zoneLosses(groups: readonly NodeGroupSize[], pods: readonly PodSet[]): ZoneLoss[] {
  return startsOf(groups).flatMap((firstZones) => ZONES.map((zone) => lose(zone, groups, pods, firstZones)));
}

function lose(
  zone: Zone,
  groups: readonly NodeGroupSize[],
  pods: readonly PodSet[],
  firstZones: ReadonlyMap<string, number>,
): ZoneLoss {
  const cluster = new SimulatedCluster(groups, (group) => rotated(firstZones.get(group) ?? 0));
  cluster.start(pods);
  const fitted = cluster.waiting().length === 0;
  const nodes = cluster.nodeCounts();
  const before = runningIn(cluster, pods);
  cluster.loseZone(zone);
  const left = runningIn(cluster, pods);
  cluster.replace();
  const onNodesLeft = runningIn(cluster, pods);
  cluster.placeAndGrow(nodes);
  const onNewNodes = runningIn(cluster, pods);
  const podCounts = pods.map(({ name, count, budget }) => ({
    name,
    desired: count,
    left: left(name),
    onNodesLeft: onNodesLeft(name),
    onNewNodes: onNewNodes(name),
    evictableBefore: evictable(budget, before(name), count),
    evictableAfter: evictable(budget, onNewNodes(name), count),
  }));
  return { zone, fitted, podCounts };
}

function runningIn(cluster: SimulatedCluster, pods: readonly PodSet[]): (name: string) => number {
  const counts = new Map(pods.map(({ name }) => [name, cluster.running(name)]));
  return (name) => counts.get(name) ?? 0;
}

/** All combinations of first zones of the node groups. */
function startsOf(groups: readonly NodeGroupSize[]): Map<string, number>[] {
  return groups.reduce<Map<string, number>[]>(
    (starts, { scope }) =>
      starts.flatMap((start) => ZONES.map((_zone, index) => new Map([...start, [scope, index]]))),
    [new Map()],
  );
}

function rotated(by: number): readonly Zone[] {
  return [...ZONES.slice(by), ...ZONES.slice(0, by)];
}
