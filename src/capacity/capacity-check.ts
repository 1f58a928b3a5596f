import { defaultMaxConnections } from "../../modules/rds/connections.js";
import type { Environment } from "../config/environment.js";
import type { Finding } from "../config/problem.js";
import { instanceSize } from "../kubernetes/node-capacity.js";
import { type Basis, type Capacity, capacityOf, connectionsOf, podsInQuota } from "./model.js";

/**
 * Why an environment cannot carry the load that it states; empty when it can.
 *
 * Each finding names the field to change. They are told with those of the configuration, and `npm run capacity` shows
 * the figures behind them.
 */
export function capacityFindings(environment: Environment, basis: Basis): Finding[] {
  const unknown = unknownTypes(environment);
  if (unknown.length > 0) return unknown;
  const capacity = capacityOf(environment, basis);
  return [
    ...podFindings(environment, capacity),
    ...quotaFindings(environment, basis),
    ...nodeFindings(environment, capacity),
    ...eventFindings(environment, capacity),
    ...databaseFindings(environment, capacity, basis),
    ...addressFindings(environment, capacity),
  ];
}

function unknownTypes({ nodeGroups }: Environment): Finding[] {
  return nodeGroups.apps.instanceTypes.flatMap((type, index) =>
    instanceSize(type) !== undefined
      ? []
      : [
          {
            field: `nodeGroups.apps.instanceTypes[${index}]`,
            value: type,
            rule: "a type of the families t, c, m or r: of others it is not known how many pods they hold",
            remedy:
              'choose one such as "t3.large" or "m7i.large", or add its size to src/kubernetes/node-capacity.ts',
          },
        ],
  );
}

/** The load, in the words of the environment's fields. */
function peakOf({ load }: Environment, { peak }: Capacity): string {
  return `load.usualRequestsPerSecond (${load.usualRequestsPerSecond}) × load.eventFactor (${load.eventFactor}) = ${shown(peak.requestsPerSecond)} requests/s`;
}

function shown(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: 1 });
}

function podFindings(environment: Environment, capacity: Capacity): Finding[] {
  const { peak, limits, requestsPerPod } = capacity;
  if (peak.pods <= limits.pods) return [];
  return [
    {
      field: "application.replicas.max",
      value: limits.pods,
      rule: `at least ${peak.pods} pods: ${peakOf(environment, capacity)}, and one pod carries ${shown(requestsPerPod)} at the autoscaler's target`,
      remedy: `write ${peak.pods} or more, or state a smaller load`,
    },
  ];
}

function quotaFindings({ application }: Environment, { shape }: Basis): Finding[] {
  const { max } = application.replicas;
  const admitted = podsInQuota(shape);
  if (max <= admitted) return [];
  return [
    {
      field: "application.replicas.max",
      value: max,
      rule: `at most ${admitted} pods: with a rollout's further ones and the jobs, the quota of the namespace admits no more (flux/microservices/notejam/base/resourcequota.yaml)`,
      remedy: `write ${admitted} or less, or raise the quota`,
    },
  ];
}

function nodeFindings(environment: Environment, capacity: Capacity): Finding[] {
  const { peak, limits, podsPerNode } = capacity;
  const { instanceTypes } = environment.nodeGroups.apps;
  if (podsPerNode === 0) {
    return [
      {
        field: "nodeGroups.apps.instanceTypes",
        value: instanceTypes,
        rule: "types of which each holds at least one pod of the application beside what runs on every node",
        remedy: 'choose a larger one, such as "t3.large"',
      },
    ];
  }
  if (peak.nodes <= limits.nodes) return [];
  return [
    {
      field: "nodeGroups.apps.max",
      value: limits.nodes,
      rule: `at least ${peak.nodes} nodes: ${peakOf(environment, capacity)} take ${peak.pods} pods and a rollout's further ones, ${podsPerNode} to a node, in equal zones`,
      remedy: `write ${peak.nodes} or more, or choose larger instanceTypes`,
    },
  ];
}

function eventFindings(environment: Environment, { events, podsPerNode }: Capacity): Finding[] {
  return environment.events.flatMap(({ nodes }, index) => {
    const need = events[index];
    if (need === undefined || podsPerNode === 0 || need.nodes <= nodes) return [];
    return [
      {
        field: `events[${index}].nodes`,
        value: nodes,
        rule: `at least ${need.nodes} nodes for the ${need.pods} pods that stand meanwhile, ${podsPerNode} to a node, in equal zones`,
        remedy: `write ${need.nodes} or more, or fewer pods in events[${index}].pods`,
      },
    ];
  });
}

function databaseFindings(environment: Environment, capacity: Capacity, { shape }: Basis): Finding[] {
  const { instanceClass } = environment.database;
  const { peak, limits } = capacity;
  const most = connectionsOf(limits.pods, shape);
  return [
    {
      kept: most <= limits.connections,
      rule: `a class that admits ${most} connections beside AWS's own: application.replicas.max (${limits.pods}) pods of ${shape.connections}, old and new, while a rollout replaces them; ${instanceClass} admits ${defaultMaxConnections(instanceClass)} in all`,
      remedy: "choose a larger class, or fewer pods in application.replicas.max",
    },
    {
      kept: peak.databaseCpus <= limits.databaseCpus,
      rule: `a class with more processors: ${peakOf(environment, capacity)} keep ${shown(peak.databaseCpus)} of the writer's busy, of which ${shown(limits.databaseCpus)} may be`,
      remedy: "choose a larger class, or state a smaller load",
    },
  ]
    .filter(({ kept }) => !kept)
    .map(({ rule, remedy }) => ({
      field: "database.instanceClass",
      value: instanceClass,
      rule,
      remedy,
    }));
}

function addressFindings({ vpcCidr }: Environment, { addresses }: Capacity): Finding[] {
  if (addresses.needed <= addresses.available) return [];
  return [
    {
      field: "vpcCidr",
      value: vpcCidr,
      rule: `private subnets with ${addresses.needed} usable addresses per zone, for all groups of nodes at their maximum while they are replaced; these have ${addresses.available}`,
      remedy:
        "choose a larger network while the environment does not stand yet, or smaller maxima in nodeGroups",
    },
  ];
}
