import { defaultMaxConnections } from "@notejam/constructs/rds/instance-classes";
import type { Environment } from "../config/environment.js";
import { fieldErrors } from "../config/field-error.js";
import type { Diagnostic } from "../diagnostic.js";
import { instanceSize } from "../kubernetes/node-capacity.js";
import { type Capacity, type CapacityInputs, capacityOf, connectionsOf, podsInQuota } from "./model.js";

type Errors = Generator<Diagnostic, void, undefined>;

const error = fieldErrors("capacity");

/**
 * Checks whether the limits of an environment are sufficient for its configured load.
 *
 * @returns an error per limit that is too low, with the field to change; `npm run capacity` shows the computed values
 */
export function checkCapacity(environment: Environment, inputs: CapacityInputs): Diagnostic[] {
  const unknown = [...checkInstanceTypes(environment)];
  if (unknown.length > 0) return unknown;
  const capacity = capacityOf(environment, inputs);
  return [
    ...checkPods(environment, capacity),
    ...checkQuota(environment, inputs),
    ...checkNodes(environment, capacity),
    ...checkEvents(environment, capacity),
    ...checkDatabase(environment, capacity, inputs),
    ...checkAddresses(environment, capacity),
  ];
}

/** Returns whether the capacity of an environment can be computed: the sizes of its instance types are known. */
export function isComputable(environment: Environment): boolean {
  return environment.nodeGroups.apps.instanceTypes.every((type) => instanceSize(type) !== undefined);
}

function* checkInstanceTypes({ nodeGroups }: Environment): Errors {
  for (const [index, type] of nodeGroups.apps.instanceTypes.entries()) {
    if (instanceSize(type) !== undefined) continue;
    yield error(
      `nodeGroups.apps.instanceTypes[${index}]`,
      type,
      "a type of the families t, c, m or r: the maximum number of pods of other families is unknown",
      'choose one such as "t3.large" or "m7i.large", or add its size to src/kubernetes/node-capacity.ts',
    );
  }
}

/** The peak load with the fields that it is computed from. */
function peakText({ load }: Environment, { peak }: Capacity): string {
  return `load.usualRequestsPerSecond (${load.usualRequestsPerSecond}) × load.eventFactor (${load.eventFactor}) = ${numberText(peak.requestsPerSecond)} requests/s`;
}

function numberText(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: 1 });
}

function* checkPods(environment: Environment, capacity: Capacity): Errors {
  const { peak, limits, requestsPerPod } = capacity;
  if (peak.pods <= limits.pods) return;
  yield error(
    "application.replicas.max",
    limits.pods,
    `at least ${peak.pods} pods: ${peakText(environment, capacity)}, and one pod serves ${numberText(requestsPerPod)} at the HPA's target CPU`,
    `write ${peak.pods} or more, or a smaller load`,
  );
}

function* checkQuota({ application }: Environment, { shape }: CapacityInputs): Errors {
  const { max } = application.replicas;
  const admitted = podsInQuota(shape);
  if (max <= admitted) return;
  yield error(
    "application.replicas.max",
    max,
    `at most ${admitted} pods: the ResourceQuota of the namespace also counts surge pods of a rollout and jobs (flux/microservices/notejam/base/resourcequota.yaml)`,
    `write ${admitted} or less, or increase the quota`,
  );
}

function* checkNodes(environment: Environment, capacity: Capacity): Errors {
  const { peak, limits, podsPerNode } = capacity;
  if (podsPerNode === 0) {
    yield error(
      "nodeGroups.apps.instanceTypes",
      environment.nodeGroups.apps.instanceTypes,
      "types with room for at least one pod of the application in addition to the DaemonSets",
      'choose a larger one, such as "t3.large"',
    );
  } else if (peak.nodes > limits.nodes) {
    yield error(
      "nodeGroups.apps.max",
      limits.nodes,
      `at least ${peak.nodes} nodes: ${peakText(environment, capacity)} need ${peak.pods} pods and the surge pods of a rollout, ${podsPerNode} per node, spread evenly over the zones`,
      `write ${peak.nodes} or more, or choose larger instanceTypes`,
    );
  }
}

function* checkEvents(environment: Environment, { events, podsPerNode }: Capacity): Errors {
  for (const [index, { nodes }] of environment.events.entries()) {
    const need = events[index];
    if (need === undefined || podsPerNode === 0 || need.nodes <= nodes) continue;
    yield error(
      `events[${index}].nodes`,
      nodes,
      `at least ${need.nodes} nodes for the ${need.pods} pods during the event, ${podsPerNode} per node, spread evenly over the zones`,
      `write ${need.nodes} or more, or fewer pods in events[${index}].pods`,
    );
  }
}

function* checkDatabase(environment: Environment, capacity: Capacity, { shape }: CapacityInputs): Errors {
  const { instanceClass } = environment.database;
  const { peak, limits } = capacity;
  const connections = connectionsOf(limits.pods, shape);
  if (connections > limits.connections) {
    yield error(
      "database.instanceClass",
      instanceClass,
      `a class for ${connections} connections of the application: application.replicas.max (${limits.pods}) pods with ${shape.connections} each, old and new ones during a rollout; ${instanceClass} allows ${defaultMaxConnections(instanceClass)} in total`,
      "choose a larger class, or fewer pods in application.replicas.max",
    );
  }
  if (peak.databaseCpus > limits.databaseCpus) {
    yield error(
      "database.instanceClass",
      instanceClass,
      `a class with more vCPUs: ${peakText(environment, capacity)} use ${numberText(peak.databaseCpus)} vCPUs of the writer, the limit is ${numberText(limits.databaseCpus)}`,
      "choose a larger class, or a smaller load",
    );
  }
}

function* checkAddresses({ vpcCidr }: Environment, { addresses }: Capacity): Errors {
  if (addresses.needed <= addresses.available) return;
  yield error(
    "vpcCidr",
    vpcCidr,
    `private subnets with ${addresses.needed} usable addresses per zone, for all node groups at their maximum during an update; these have ${addresses.available}`,
    "choose a larger network before the first deployment, or smaller maxima in nodeGroups",
  );
}
