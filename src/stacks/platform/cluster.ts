import { EksCluster } from "@notejam/constructs/eks/cluster";
import { NetworkAddons } from "@notejam/constructs/eks/network-addons";
import { NodeGroup, type NodeTaint } from "@notejam/constructs/eks/node-group";
import { SCOPE_LABEL } from "@notejam/constructs/eks/node-settings";
import { ScheduledScaling } from "@notejam/constructs/eks/scheduled-scaling";
import { SystemAddons } from "@notejam/constructs/eks/system-addons";
import { NodeRole } from "@notejam/constructs/iam/node-role";
import type { Alerting } from "@notejam/constructs/observability/alerting";
import { ContainerInsightsLogs } from "@notejam/constructs/observability/container-insights-logs";
import { containerInsightsLogPrefix } from "@notejam/constructs/observability/names";
import { databaseLogPrefix } from "@notejam/constructs/rds/names";
import { runRolePath } from "@notejam/constructs/terraform-cloud/names";
import type { ITerraformDependable } from "cdktf";
import type { Environment } from "../../config/environment.js";
import { eventPeriods } from "../../config/events.js";
import { tagsOf } from "../../config/tags.js";
import { WorkloadIdentities } from "../workload-identities.js";
import { clusterPrincipals } from "./cluster-principals.js";
import type { PlatformContext } from "./context.js";
import type { Data } from "./data.js";
import type { Edge } from "./edge.js";
import type { Network } from "./network.js";
import type { OperatorSecrets } from "./observability.js";
import type { Registry } from "./registry.js";

/** Node groups. Pods without a toleration run on `operations`. */
const NODE_GROUPS = [
  { name: "apps", tainted: true },
  { name: "monitoring", tainted: true },
  { name: "operations", tainted: false },
] as const;

/** Adds the EKS control plane. */
export function addCluster(context: PlatformContext, { vpc }: Network): EksCluster {
  const { stack, account, environment, names, keys, logs } = context;
  return new EksCluster(stack, "eks", {
    name: names.clusterName,
    globalName: names.globalName,
    account,
    version: environment.kubernetesVersion,
    subnetIds: vpc.privateSubnetIds,
    secretsKeyArn: keys.eks.arn,
    logs,
    endpoint: environment.clusterEndpoint,
    serviceCidr: environment.serviceCidr,
    // The GitOps stack, which installs Flux, uses the same two run roles as this stack.
    admins: clusterPrincipals(account, [runRolePath(names.name, "apply"), ...environment.clusterAdmins]),
    viewers: clusterPrincipals(account, [runRolePath(names.name, "plan"), ...environment.clusterViewers]),
  });
}

/** Resources that pods of the cluster may use. */
export interface WorkloadResources {
  readonly data: Data;
  readonly registry: Registry;
  readonly edge: Edge;
  readonly alerting: Alerting;
  readonly secrets: OperatorSecrets;
}

/** Adds one IAM role per service account. */
export function addWorkloadIdentities(
  { stack, account, environment, names, keys }: PlatformContext,
  cluster: EksCluster,
  { data, registry, edge, alerting, secrets }: WorkloadResources,
): WorkloadIdentities {
  const secretsKeyArn = keys.secrets.arn;
  return new WorkloadIdentities(stack, "identities", {
    account,
    globalName: names.globalName,
    clusterName: cluster.clusterName,
    zoneArn: edge.dns.zoneArn,
    mailIdentityArn: account.arn("ses", `identity/${environment.hostedZone}`),
    volumeKeyArn: keys.ebs.arn,
    databaseSecret: { arn: data.database.secretArn, keyArn: secretsKeyArn },
    databaseAdminSecret: { arn: data.database.masterSecretArn, keyArn: secretsKeyArn },
    grafanaSecret: { arn: secrets.grafana.arn, keyArn: secretsKeyArn },
    slackSecret: { arn: secrets.slack.arn, keyArn: secretsKeyArn },
    backups: { arn: data.backups.bucketArn, keyArn: keys.s3.arn },
    replicatedBackups: data.replicatedBackups && {
      arn: data.replicatedBackups.bucketArn,
      keyArn: data.replicatedBackups.kmsKeyArn,
    },
    lokiBucket: { arn: data.lokiBucket.bucketArn, keyArn: keys.s3.arn },
    alerts: { arn: alerting.topicArn, keyArn: keys.alerts.arn },
    repositoryArn: registry.repositoryArn,
    logGroups: [
      `${containerInsightsLogPrefix(names.clusterName)}/*`,
      `${databaseLogPrefix(names.databaseClusterIdentifier)}/*`,
    ],
  });
}

/** Dependencies of the node groups. */
export interface NodeDependencies {
  readonly network: Network;
  readonly cluster: EksCluster;
  readonly identities: WorkloadIdentities;
  /** Current time: past events are not scheduled. */
  readonly now: Date;
}

/**
 * Adds the node groups, the add-ons that nodes need before they start (pod network and credentials), and the add-ons
 * that run on nodes.
 *
 * @returns the log groups of Container Insights
 */
export function addNodes(
  context: PlatformContext,
  { network, cluster, identities, now }: NodeDependencies,
): ContainerInsightsLogs {
  const { stack, account, names, logs } = context;
  const addons = { clusterName: cluster.clusterName, clusterVersion: cluster.version };
  const networkAddons = new NetworkAddons(stack, "network-addons", {
    ...addons,
    dependsOn: identities.associations,
  });
  const nodeRole = new NodeRole(stack, "node-role", { globalName: names.globalName, account });
  const dependsOn = [...networkAddons.resources, ...nodeRole.attachments];
  const groups = NODE_GROUPS.map(({ name, tainted }) => {
    const taints: NodeTaint[] = tainted ? [{ key: SCOPE_LABEL, value: name, effect: "NoSchedule" }] : [];
    const group = addNodeGroup(context, name, { network, cluster, nodeRole, taints, dependsOn });
    if (name === "apps") scheduleEvents(context, group, now);
    return group.resource;
  });
  const insights = new ContainerInsightsLogs(stack, "container-insights", {
    clusterName: names.clusterName,
    ...logs,
  });
  new SystemAddons(stack, "system-addons", { ...addons, dependsOn: [...groups, ...insights.resources] });
  return insights;
}

/** Inputs of one node group. */
interface NodeGroupInputs {
  readonly network: Network;
  readonly cluster: EksCluster;
  readonly nodeRole: NodeRole;
  readonly taints: readonly NodeTaint[];
  readonly dependsOn: readonly ITerraformDependable[];
}

function addNodeGroup(
  { stack, environment, names, keys }: PlatformContext,
  name: keyof Environment["nodeGroups"],
  { network, cluster, nodeRole, taints, dependsOn }: NodeGroupInputs,
): NodeGroup {
  const size = environment.nodeGroups[name];
  return new NodeGroup(stack, `nodes-${name}`, {
    name,
    clusterName: cluster.clusterName,
    globalName: names.globalName,
    version: cluster.version,
    nodeRoleArn: nodeRole.roleArn,
    subnetIds: network.vpc.privateSubnetIds,
    securityGroupIds: [cluster.clusterSecurityGroupId, network.securityGroups.workersSecurityGroupId],
    volumeKeyArn: keys.ebs.arn,
    instanceTypes: size.instanceTypes,
    diskGib: size.diskGib,
    minSize: size.min,
    desiredSize: size.desired,
    maxSize: size.max,
    taints,
    tags: tagsOf(environment),
    dependsOn,
  });
}

function scheduleEvents(
  { stack, environment }: PlatformContext,
  { autoscalingGroupName }: NodeGroup,
  now: Date,
): void {
  const events = eventPeriods(environment);
  const { nodeGroups } = environment;
  const { min: minSize, max: maxSize } = nodeGroups.apps;
  new ScheduledScaling(stack, "events", { autoscalingGroupName, minSize, maxSize, events, now });
}
