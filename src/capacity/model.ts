import { MAX_UNAVAILABLE_PERCENT, WARM_PREFIX_TARGET } from "@notejam/constructs/eks/node-settings";
import { databaseCpus, defaultMaxConnections } from "@notejam/constructs/rds/instance-classes";
import { planSubnets } from "@notejam/constructs/vpc/subnet-plan";
import type { Environment } from "../config/environment.js";
import { podsDuring } from "../config/events.js";
import { wholeAtLeast, wholeAtMost } from "../config/rounding.js";
import { ZONE_COUNT } from "../config/zones.js";
import { DAEMONS_WITH_ADDRESS, podsPerNode } from "../kubernetes/node-capacity.js";
import type { ApplicationShape } from "./application-shape.js";
import type { Measurement } from "./measurement.js";

/** Inputs of the model in addition to the environment. */
export interface CapacityInputs {
  readonly shape: ApplicationShape;
  readonly measurement: Measurement;
}

/** Resources for a load. */
export interface Need {
  readonly requestsPerSecond: number;
  /** Pods with which the HPA meets its target; at least the minimum replicas. */
  readonly pods: number;
  /** Nodes of the group `apps` for these pods and the surge pods of a rollout in all zones; at least its minimum. */
  readonly nodes: number;
  /** Database connections during a rollout. */
  readonly connections: number;
  /** vCPUs of the database writer in use. */
  readonly databaseCpus: number;
  /** CPU utilization of the pods, as a fraction of their request, right after the loss of a zone. */
  readonly utilizationWithoutZone: number;
}

/** Pods and nodes for an announced event. */
export interface EventNeed {
  readonly name: string;
  readonly pods: number;
  readonly nodes: number;
}

/** Limits of an environment, and the resources for its usual and its peak load. */
export interface Capacity {
  /** Requests per second of one pod at the HPA's target CPU. */
  readonly requestsPerPod: number;
  /** Application pods per node; 0 if none fits. */
  readonly podsPerNode: number;
  readonly usual: Need;
  readonly peak: Need;
  readonly events: readonly EventNeed[];
  /** IP addresses per zone: for the nodes of all groups at their maximum, and of the subnet. */
  readonly addresses: { readonly needed: number; readonly available: number };
  readonly limits: {
    readonly pods: number;
    readonly nodes: number;
    readonly connections: number;
    readonly databaseCpus: number;
  };
}

/** Other connections: AWS, superuser reserve, migration, backup, restore test, purge, operators. */
const OTHER_CONNECTIONS = 30;

/** Concurrent job pods (migration, backup, restore test, purge, minimum replicas); each requests at most as much as an application pod. */
const JOB_PODS = 10;

/** Maximum CPU utilization of the writer; above it, latency increases before autoscaling has an effect. */
const DATABASE_UTILIZATION = 0.7;

/** Addresses of a prefix (/28) of the VPC CNI plugin, and of the network interfaces of a node. */
const BLOCK = 16;
const INTERFACES = 3;
/** Upper estimate of the pods with an IP address on a node of the other groups. */
const OTHER_PODS = 40;
/** Nodes that an update adds before it removes old ones, as a share of the group. */
const UPDATE_SURGE = MAX_UNAVAILABLE_PERCENT / 100;
/** Addresses of interface endpoints, of the cluster's network interfaces and reserved by AWS, per private subnet. */
const OTHER_ADDRESSES = 20;
/** Usable fraction of a subnet: fragments between used addresses are too small for prefixes. */
const USABLE = 0.8;

/**
 * Computes the resources for the configured load of an environment, and its limits.
 *
 * The HPA adds pods until they use the target fraction of their CPU request. So a pod serves that fraction, divided by
 * the CPU time of a request.
 *
 * @throws Error for an instance type of unknown size; see `isComputable`
 */
export function capacityOf(environment: Environment, inputs: CapacityInputs): Capacity {
  const { load, nodeGroups, application, database } = environment;
  const { shape, measurement } = inputs;
  const requestsPerPod = (shape.pod.millicores * shape.utilization) / measurement.applicationMilliseconds;
  const fitting = podsPerNode(nodeGroups.apps.instanceTypes, shape.pod);
  const room: Room = { requestsPerPod, fitting, inputs, environment };
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

/** Returns the maximum database connections during a rollout: old pods keep theirs until they are drained. */
export function connectionsOf(pods: number, { surge, connections }: ApplicationShape): number {
  return (2 * pods + wholeAtLeast(pods * surge)) * connections;
}

/** Returns the maximum application pods in the quota of the namespace, with room for surge pods and jobs. */
export function podsInQuota({ pod, quota, surge }: ApplicationShape): number {
  const all = Math.min(quota.pods, wholeAtMost(quota.millicores / pod.millicores)) - JOB_PODS;
  return wholeAtMost(all / (1 + surge));
}

interface Room {
  readonly requestsPerPod: number;
  readonly fitting: number;
  readonly inputs: CapacityInputs;
  readonly environment: Environment;
}

function needOf(requestsPerSecond: number, { requestsPerPod, fitting, inputs, environment }: Room): Need {
  const { shape, measurement } = inputs;
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
 * Returns the minimum nodes for pods that are spread evenly over the zones. Assumes the worst case: zones of a group differ
 * by up to one node, so the smallest zone must be large enough.
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
