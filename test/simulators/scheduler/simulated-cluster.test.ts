import { describe, expect, it } from "vitest";
import { evictable, type PodSet, placementOf } from "./pod-set.js";
import { type NodeGroupSize, SimulatedCluster } from "./simulated-cluster.js";
import { zoneLosses } from "./zone-loss.js";

const group = (change: Partial<NodeGroupSize> = {}): NodeGroupSize => ({
  scope: "apps",
  tainted: true,
  instanceTypes: ["t3.large"],
  desired: 3,
  max: 6,
  ...change,
});

const pods = (change: Partial<PodSet> = {}): PodSet => ({
  name: "server",
  count: 3,
  requests: { millicores: 250, mebibytes: 256 },
  scope: "apps",
  tolerates: () => true,
  evenOverZones: true,
  ...change,
});

const ZONES = ["a", "b", "c"];

function clusterWith(groups: readonly NodeGroupSize[], ...sets: readonly PodSet[]): SimulatedCluster {
  const cluster = new SimulatedCluster(groups, () => ZONES);
  cluster.start(sets);
  return cluster;
}

describe("a simulated cluster", () => {
  it("spreads pods evenly over zones", () => {
    const cluster = clusterWith([group()], pods({ count: 5 }));
    cluster.loseZone("c");
    expect(cluster.running("server")).toBe(4);
  });

  it("restarts lost pods in the remaining zones, first on existing nodes, then on new ones", () => {
    // Five pods of 250 millicores and the DaemonSets fit on a t3.large.
    const cluster = clusterWith([group({ max: 3 })], pods({ count: 11 }));
    const nodes = cluster.nodeCounts();
    cluster.loseZone("a");
    cluster.replace();
    expect(cluster.running("server")).toBe(10);
    cluster.placeAndGrow(nodes);
    expect(cluster.waiting()).toEqual([]);
  });

  it("does not scale a group beyond its maximum", () => {
    const cluster = clusterWith([group({ desired: 1, max: 1 })], pods({ count: 6 }));
    expect(cluster.waiting()).toEqual(["server"]);
    expect(clusterWith([group({ desired: 1, max: 2 })], pods({ count: 6 })).waiting()).toEqual([]);
  });

  it("respects node selectors and taints", () => {
    const tainted = group();
    const open = group({ scope: "operations", tainted: false });
    expect(clusterWith([open], pods()).waiting()).toHaveLength(3);
    expect(clusterWith([tainted], pods({ scope: undefined, tolerates: () => false })).waiting()).toHaveLength(
      3,
    );
    expect(
      clusterWith([tainted, open], pods({ scope: undefined, tolerates: () => false })).waiting(),
    ).toEqual([]);
  });

  it("does not restart a pod with a volume in the failed zone", () => {
    const cluster = clusterWith([group()], pods({ staysInItsZone: true }));
    cluster.loseZone("b");
    cluster.placeAndGrow(new Map([["apps", 3]]));
    expect(cluster.waiting()).toEqual(["server"]);
  });

  it("schedules pods with higher priority first", () => {
    const cluster = clusterWith(
      [group({ desired: 1, max: 1 })],
      pods({ name: "background", count: 4 }),
      pods({ name: "serving", count: 4, priority: 1000 }),
    );
    expect(cluster.running("serving")).toBe(4);
    expect(cluster.waiting()).toEqual(["background", "background", "background"]);
  });
});

describe("zone failures", () => {
  it("are simulated for every zone and every distribution of small node groups", () => {
    expect(zoneLosses([group()], [pods()])).toHaveLength(9);
    const left = zoneLosses([group({ desired: 1, max: 1 })], [pods({ count: 2 })]).map(
      ({ podCounts }) => podCounts[0]?.left,
    );
    expect(new Set(left)).toEqual(new Set([0, 2]));
  });

  it("report budgets that block node drains", () => {
    const [loss] = zoneLosses([group()], [pods({ budget: { minAvailable: 3 } })]);
    expect(loss?.podCounts[0]).toMatchObject({ evictableBefore: 0, evictableAfter: 0 });
    expect(evictable({ maxUnavailable: 1 }, 3, 3)).toBe(1);
    expect(evictable({ maxUnavailable: 1 }, 2, 3)).toBe(0);
    expect(evictable({ minAvailable: 1 }, 2, 2)).toBe(1);
  });
});

describe("spread constraints", () => {
  it("are required or preferred", () => {
    const spec = (whenUnsatisfiable: string) => ({
      topologySpreadConstraints: [{ topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable }],
    });
    expect(placementOf(spec("DoNotSchedule")).evenOverZones).toBe(true);
    expect(placementOf(spec("ScheduleAnyway")).evenOverZones).toBe(false);
  });
});
