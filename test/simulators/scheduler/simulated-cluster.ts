import { allocatable, instanceSize, NODE_DAEMONS } from "../../../src/kubernetes/node-capacity.js";
import type { Resources } from "../../../src/kubernetes/quantity.js";
import type { PodSet } from "./pod-set.js";

/** Node group of the platform. */
export interface NodeGroupSize {
  /** Value of the label `scope`, and of the taint if there is one. */
  readonly scope: string;
  readonly tainted: boolean;
  /** Instance types; the capacity of the smallest one is used. */
  readonly instanceTypes: readonly string[];
  readonly desired: number;
  readonly max: number;
}

interface Node {
  readonly group: NodeGroupSize;
  readonly zone: string;
  readonly free: { millicores: number; mebibytes: number };
}

interface Pod {
  readonly set: PodSet;
  node?: Node;
  /** Zone of its volume. */
  diskIn?: string;
}

/**
 * Simulates kube-scheduler, the cluster autoscaler and EC2, with zone failures.
 *
 * More restrictive than the real components, without rescheduling and preemption, so that pods that fit here also fit
 * there. A pod is placed in the zone, then on the node, with the fewest pods of its set, then on the node with the most
 * free CPU. A new node starts in the zone with the fewest nodes of its group, as EC2 balances zones.
 */
export class SimulatedCluster {
  private readonly groups: readonly NodeGroupSize[];
  private readonly pods: Pod[] = [];
  private zones: readonly string[];
  private nodes: Node[] = [];

  /**
   * @param zones - zones in the order in which EC2 starts nodes, by group
   */
  constructor(groups: readonly NodeGroupSize[], zones: (group: string) => readonly string[]) {
    this.groups = groups;
    this.zones = [...new Set(groups.flatMap(({ scope }) => zones(scope)))].sort();
    for (const group of groups) {
      const order = zones(group.scope);
      for (let index = 0; index < group.desired; index += 1) {
        const zone = order[index % order.length];
        if (zone !== undefined) this.addNode(group, zone);
      }
    }
  }

  /** Starts pods and scales node groups until all pods run or no group can grow. */
  start(sets: readonly PodSet[]): void {
    for (const set of sets) for (let index = 0; index < set.count; index += 1) this.pods.push({ set });
    this.pods.sort((a, b) => (b.set.priority ?? 0) - (a.set.priority ?? 0));
    this.placeAndGrow();
  }

  /** Removes the nodes and pods of a zone. Call `replace` to restart the pods. */
  loseZone(zone: string): void {
    this.zones = this.zones.filter((other) => other !== zone);
    for (const pod of this.pods) if (pod.node?.zone === zone) pod.node = undefined;
    this.nodes = this.nodes.filter((node) => node.zone !== zone);
  }

  /** Restarts lost pods on existing nodes. */
  replace(): void {
    this.place();
  }

  /**
   * Replaces lost nodes in the remaining zones, as EC2 does, then adds nodes for pending pods, as the autoscaler does.
   *
   * @param before - number of nodes of each group before the failure
   */
  placeAndGrow(before: ReadonlyMap<string, number> = new Map()): void {
    for (const group of this.groups)
      while (this.count(group) < (before.get(group.scope) ?? 0)) this.grow(group);
    this.place();
    for (const pod of this.waitingPods()) while (pod.node === undefined && this.growFor(pod)) this.place();
  }

  /** Number of nodes of each group. */
  nodeCounts(): Map<string, number> {
    return new Map(this.groups.map((group) => [group.scope, this.count(group)]));
  }

  /** Number of running pods with a name. */
  running(name: string): number {
    return this.pods.filter(({ set, node }) => set.name === name && node !== undefined).length;
  }

  /** Names of pending pods, one entry for each pod. */
  waiting(): string[] {
    return this.waitingPods().map(({ set }) => set.name);
  }

  private waitingPods(): Pod[] {
    return this.pods.filter(({ node }) => node === undefined);
  }

  private count(group: NodeGroupSize): number {
    return this.nodes.filter((node) => node.group === group).length;
  }

  private addNode(group: NodeGroupSize, zone: string): void {
    this.nodes.push({ group, zone, free: roomOn(group.instanceTypes) });
  }

  private grow(group: NodeGroupSize): void {
    const inZone = (zone: string) =>
      this.nodes.filter((node) => node.group === group && node.zone === zone).length;
    const [emptiest] = [...this.zones].sort((a, b) => inZone(a) - inZone(b));
    if (emptiest === undefined) throw new Error("no zone is left");
    this.addNode(group, emptiest);
  }

  /** Starts a node for a pod. @returns false if no group can grow for it */
  private growFor({ set, diskIn }: Pod): boolean {
    if (diskIn !== undefined && !this.zones.includes(diskIn)) return false;
    const group = this.groups.find(
      (candidate) => admits(candidate, set) && this.count(candidate) < candidate.max,
    );
    if (group === undefined) return false;
    this.grow(group);
    return true;
  }

  private place(): void {
    for (const pod of this.waitingPods()) {
      const node = this.placeFor(pod);
      if (node === undefined) continue;
      pod.node = node;
      if (pod.set.staysInItsZone) pod.diskIn = node.zone;
      node.free.millicores -= pod.set.requests.millicores;
      node.free.mebibytes -= pod.set.requests.mebibytes;
    }
  }

  private placeFor({ set, diskIn }: Pod): Node | undefined {
    const alike = this.pods.filter((other) => other.set === set && other.node !== undefined);
    const inZone = (zone: string) => alike.filter(({ node }) => node?.zone === zone).length;
    const onNode = (node: Node) => alike.filter((other) => other.node === node).length;
    const admitted = this.nodes.filter(({ group }) => admits(group, set));
    const fewest = Math.min(...admitted.map(({ zone }) => inZone(zone)));
    const [best] = admitted
      .filter(({ zone }) => diskIn === undefined || diskIn === zone)
      .filter(({ zone }) => !set.evenOverZones || inZone(zone) <= fewest)
      .filter(({ free }) => holds(free, set.requests))
      .sort(
        (a, b) =>
          inZone(a.zone) - inZone(b.zone) || onNode(a) - onNode(b) || b.free.millicores - a.free.millicores,
      );
    return best;
  }
}

function admits({ scope, tainted }: NodeGroupSize, set: PodSet): boolean {
  return (set.scope === undefined || set.scope === scope) && (!tainted || set.tolerates(scope));
}

function holds(free: Resources, asked: Resources): boolean {
  return free.millicores >= asked.millicores && free.mebibytes >= asked.mebibytes;
}

/** Resources for pods on a node of the smallest type, without those of DaemonSets. */
function roomOn(types: readonly string[]): { millicores: number; mebibytes: number } {
  const rooms = types.map((type) => {
    const size = instanceSize(type);
    if (size === undefined)
      throw new Error(`Unknown instance type ${type}. Add it to src/kubernetes/node-capacity.ts.`);
    return allocatable(size);
  });
  const daemons = Object.values(NODE_DAEMONS);
  const least = (key: keyof Resources) =>
    Math.min(...rooms.map((room) => room[key])) - daemons.reduce((total, daemon) => total + daemon[key], 0);
  return { millicores: least("millicores"), mebibytes: least("mebibytes") };
}
