import { MAX_UNAVAILABLE_PERCENT, WARM_PREFIX_TARGET } from "../../modules/eks/node-settings.js";
import { databaseCpus, defaultMaxConnections } from "../../modules/rds/connections.js";
import { planSubnets } from "../../modules/vpc/subnet-plan.js";
import type { Environment } from "../config/environment.js";
import { podsDuring } from "../config/events.js";
import { wholeAtLeast, wholeAtMost } from "../config/rounding.js";
import { ZONE_COUNT } from "../config/zones.js";
import { DAEMONS_WITH_ADDRESS, podsPerNode } from "../kubernetes/node-capacity.js";
import type { ApplicationShape } from "./application-shape.js";
import type { Measurement } from "./measurement.js";

/** What is computed from beside the environment. */
export interface Basis {
  readonly shape: ApplicationShape;
  readonly measurement: Measurement;
}

/** What a load takes. */
export interface Need {
  readonly requestsPerSecond: number;
  /** Pods between which the autoscaler keeps its target, its floor included. */
  readonly pods: number;
  /** Nodes of the group `apps` that hold them in three zones, a rollout's further ones included; its fewest at least. */
  readonly nodes: number;
  /** Database connections while a rollout replaces them. */
  readonly connections: number;
  /** Virtual processors of the database's writer in use. */
  readonly databaseCpus: number;
  /** Part of their requested processor that the pods use when a zone has just been lost. */
  readonly utilizationWithoutZone: number;
}

/** An announced event, and the nodes that its pods take. */
export interface EventNeed {
  readonly name: string;
  readonly pods: number;
  readonly nodes: number;
}

/** What an environment can carry, and what its usual and its greatest load take. */
export interface Capacity {
  /** Requests per second of one pod at the autoscaler's target. */
  readonly requestsPerPod: number;
  /** Application pods of one node; 0 when not one fits. */
  readonly podsPerNode: number;
  readonly usual: Need;
  readonly peak: Need;
  readonly events: readonly EventNeed[];
  /** Addresses that the nodes of all groups at their maximum take in one zone, and that are there. */
  readonly addresses: { readonly needed: number; readonly available: number };
  readonly limits: {
    readonly pods: number;
    readonly nodes: number;
    readonly connections: number;
    readonly databaseCpus: number;
  };
}

/** Connections that are not the application's: AWS's own, the superuser's reserve, migration, dump, drill, clean-up, people. */
const OTHER_CONNECTIONS = 30;

/** Pods of migration, dumps, drills, clean-up and floor that may be there at once, each with no more than one of the application's. */
const JOB_PODS = 10;

/** Above this part of its processors the writer's answers become slow before autoscaling of any kind helps. */
const DATABASE_UTILIZATION = 0.7;

/** Addresses of a block that the network plugin takes for pods, and of a node's interfaces themselves. */
const BLOCK = 16;
const INTERFACES = 3;
/** Pods with an address of their own on a node of the other groups, counted generously. */
const OTHER_PODS = 40;
/** Nodes that an update adds before it removes old ones, as a share of the group. */
const UPDATE_SURGE = MAX_UNAVAILABLE_PERCENT / 100;
/** Interface endpoints, the cluster's own interfaces and what AWS reserves, in a private subnet. */
const OTHER_ADDRESSES = 20;
/** Blocks must be whole: a part of a used subnet lies between them. */
const USABLE = 0.8;

/**
 * What an environment's stated load takes, and what it has.
 *
 * The autoscaler adds pods until they use its target's part of the processor that they request; so one pod carries that part,
 * divided by the processor time of a request.
 *
 * @throws Error for an instance type whose size is not known; see `unknownTypes`
 */
export function capacityOf(environment: Environment, basis: Basis): Capacity {
  const { load, nodeGroups, application, database } = environment;
  const { shape, measurement } = basis;
  const requestsPerPod = (shape.pod.millicores * shape.utilization) / measurement.applicationMilliseconds;
  const fitting = podsPerNode(nodeGroups.apps.instanceTypes, shape.pod);
  const room: Room = { requestsPerPod, fitting, basis, environment };
  return {
    requestsPerPod,
    podsPerNode: fitting,
    usual: needOf(load.usualRequestsPerSecond, room),
    peak: needOf(load.usualRequestsPerSecond * load.eventFactor, room),
    events: environment.events.map((event) => {
      const pods = podsDuring(event, environment);
      return { name: event.name, pods, nodes: nodesFor(pods, fitting) };
    }),
    addresses: addressesOf(environment, fitting),
    limits: {
      pods: application.replicas.max,
      nodes: nodeGroups.apps.max,
      connections: defaultMaxConnections(database.instanceClass) - OTHER_CONNECTIONS,
      databaseCpus: databaseCpus(database.instanceClass) * DATABASE_UTILIZATION,
    },
  };
}

/** Database connections that pods take at most while each is replaced: the old ones end only when they have drained. */
export function connectionsOf(pods: number, { surge, connections }: ApplicationShape): number {
  return (2 * pods + wholeAtLeast(pods * surge)) * connections;
}

/** The most application pods that the namespace's quota admits, a rollout's further ones and those of jobs left room for. */
export function podsInQuota({ pod, quota, surge }: ApplicationShape): number {
  const all = Math.min(quota.pods, wholeAtMost(quota.millicores / pod.millicores)) - JOB_PODS;
  return wholeAtMost(all / (1 + surge));
}

interface Room {
  readonly requestsPerPod: number;
  readonly fitting: number;
  readonly basis: Basis;
  readonly environment: Environment;
}

function needOf(requestsPerSecond: number, { requestsPerPod, fitting, basis, environment }: Room): Need {
  const { shape, measurement } = basis;
  const serving = wholeAtLeast(requestsPerSecond / requestsPerPod);
  const pods = Math.max(environment.application.replicas.min, serving);
  const used = (requestsPerSecond / pods / requestsPerPod) * shape.utilization;
  return {
    requestsPerSecond,
    pods,
    nodes: Math.max(
      environment.nodeGroups.apps.min,
      nodesFor(pods + wholeAtLeast(pods * shape.surge), fitting),
    ),
    connections: connectionsOf(pods, shape),
    databaseCpus: (requestsPerSecond * measurement.databaseMilliseconds) / 1000,
    utilizationWithoutZone: (used * pods) / (pods - Math.ceil(pods / ZONE_COUNT)),
  };
}

/**
 * Fewest nodes that hold pods which are spread evenly over the zones that have nodes. A group keeps its zones equal but for
 * one node, and nobody can say which zone has that one: the smallest zone has to be enough.
 */
function nodesFor(pods: number, fitting: number): number {
  if (fitting === 0) return Number.POSITIVE_INFINITY;
  let nodes = 1;
  while (!holds(nodes, pods, fitting)) nodes += 1;
  return nodes;
}

function holds(nodes: number, pods: number, fitting: number): boolean {
  const zones = Math.min(nodes, ZONE_COUNT);
  return Math.ceil(pods / zones) <= Math.floor(nodes / zones) * fitting;
}

function addressesOf({ vpcCidr, nodeGroups }: Environment, fitting: number): Capacity["addresses"] {
  const { apps, monitoring, operations } = nodeGroups;
  const needed =
    nodesInZone(apps.max) * addressesOfNode(fitting + DAEMONS_WITH_ADDRESS) +
    (nodesInZone(monitoring.max) + nodesInZone(operations.max)) * addressesOfNode(OTHER_PODS) +
    OTHER_ADDRESSES;
  const [subnet = ""] = planSubnets(vpcCidr, ZONE_COUNT).privateCidrs;
  return { needed, available: Math.floor(2 ** (32 - Number(subnet.split("/")[1])) * USABLE) };
}

function nodesInZone(max: number): number {
  return wholeAtLeast((max * (1 + UPDATE_SURGE)) / ZONE_COUNT);
}

function addressesOfNode(pods: number): number {
  return INTERFACES + BLOCK * (Math.ceil(pods / BLOCK) + WARM_PREFIX_TARGET);
}
