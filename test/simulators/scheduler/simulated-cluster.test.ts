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
  it("puts pods evenly into zones, so that one takes no more than its share along", () => {
    const cluster = clusterWith([group()], pods({ count: 5 }));
    cluster.loseZone("c");
    expect(cluster.running("server")).toBe(4);
  });

  it("starts pods again in the zones that are left, as far as there is room, then on new nodes", () => {
    // Five pods of 250 millicores fit on a t3.large beside what runs on every node.
    const cluster = clusterWith([group({ max: 3 })], pods({ count: 11 }));
    const nodes = cluster.nodeCounts();
    cluster.loseZone("a");
    cluster.replace();
    expect(cluster.running("server")).toBe(10);
    cluster.placeAndGrow(nodes);
    expect(cluster.waiting()).toEqual([]);
  });

  it("lets no group grow beyond its maximum", () => {
    const cluster = clusterWith([group({ desired: 1, max: 1 })], pods({ count: 6 }));
    expect(cluster.waiting()).toEqual(["server"]);
    expect(clusterWith([group({ desired: 1, max: 2 })], pods({ count: 6 })).waiting()).toEqual([]);
  });

  it("respects the group that a pod asks for, and taints that it does not tolerate", () => {
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

  it("leaves a pod waiting whose disk is in the zone that is lost", () => {
    const cluster = clusterWith([group()], pods({ staysInItsZone: true }));
    cluster.loseZone("b");
    cluster.placeAndGrow(new Map([["apps", 3]]));
    expect(cluster.waiting()).toEqual(["server"]);
  });

  it("gives places to the important first", () => {
    const cluster = clusterWith(
      [group({ desired: 1, max: 1 })],
      pods({ name: "background", count: 4 }),
      pods({ name: "serving", count: 4, priority: 1000 }),
    );
    expect(cluster.running("serving")).toBe(4);
    expect(cluster.waiting()).toEqual(["background", "background", "background"]);
  });
});

describe("the loss of zones", () => {
  it("is tried for every zone and however the nodes of small groups are spread", () => {
    expect(zoneLosses([group()], [pods()])).toHaveLength(9);
    const left = zoneLosses([group({ desired: 1, max: 1 })], [pods({ count: 2 })]).map(
      ({ courses }) => courses[0]?.left,
    );
    expect(new Set(left)).toEqual(new Set([0, 2]));
  });

  it("tells whether a budget would stop a drain", () => {
    const [loss] = zoneLosses([group()], [pods({ budget: { minAvailable: 3 } })]);
    expect(loss?.courses[0]).toMatchObject({ evictableBefore: 0, evictableAfter: 0 });
    expect(evictable({ maxUnavailable: 1 }, 3, 3)).toBe(1);
    expect(evictable({ maxUnavailable: 1 }, 2, 3)).toBe(0);
    expect(evictable({ minAvailable: 1 }, 2, 2)).toBe(1);
  });
});

describe("what manifests and values say", () => {
  it("tells strict spreading from a wish", () => {
    const spec = (whenUnsatisfiable: string) => ({
      topologySpreadConstraints: [{ topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable }],
    });
    expect(placementOf(spec("DoNotSchedule")).evenOverZones).toBe(true);
    expect(placementOf(spec("ScheduleAnyway")).evenOverZones).toBe(false);
  });
});
