import { evictable, type PodSet } from "./pod-set.js";
import { type NodeGroupSize, SimulatedCluster } from "./simulated-cluster.js";

/** The zones of every environment, by place; their names are AWS's. */
export const ZONES = ["first", "second", "third"] as const;

export type Zone = (typeof ZONES)[number];

/** Pods of one kind through the loss of a zone. */
export interface Course {
  readonly name: string;
  readonly wanted: number;
  /** Those that are left when the zone has gone. */
  readonly left: number;
  /** With those that found room on the nodes that are left. */
  readonly onNodesLeft: number;
  /** With those that run on new nodes. */
  readonly onNewNodes: number;
  /** Pods that a drain may take away, before the loss and when all is done. */
  readonly evictableBefore: number;
  readonly evictableAfter: number;
}

export interface ZoneLoss {
  readonly zone: Zone;
  /** Whether every pod had a place before. */
  readonly fitted: boolean;
  readonly courses: readonly Course[];
}

/**
 * Takes each zone away from a cluster, however EC2 had spread the nodes of its groups: groups of fewer nodes than zones
 * may leave out any of them.
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
  const courses = pods.map(({ name, count, budget }) => ({
    name,
    wanted: count,
    left: left(name),
    onNodesLeft: onNodesLeft(name),
    onNewNodes: onNewNodes(name),
    evictableBefore: evictable(budget, before(name), count),
    evictableAfter: evictable(budget, onNewNodes(name), count),
  }));
  return { zone, fitted, courses };
}

function runningIn(cluster: SimulatedCluster, pods: readonly PodSet[]): (name: string) => number {
  const counts = new Map(pods.map(({ name }) => [name, cluster.running(name)]));
  return (name) => counts.get(name) ?? 0;
}

/** Every way in which groups may begin with one of the zones. */
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
