import type { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import type { App, ITerraformDependable } from "cdktf";
import { AccessLogs } from "../../../modules/access-logs/access-logs.js";
import { ApplicationLoadBalancer, SSL_POLICY } from "../../../modules/alb/application-load-balancer.js";
import { BackupStorage } from "../../../modules/backup-storage/backup-storage.js";
import { LateCopyNotice } from "../../../modules/backup-storage/late-copy-notice.js";
import { ReceivedDumps } from "../../../modules/backup-storage/received-dumps.js";
import { Dns } from "../../../modules/dns/dns.js";
import { ContainerRegistry } from "../../../modules/ecr/container-registry.js";
import { ReceivedImages } from "../../../modules/ecr/received-images.js";
import { EksCluster } from "../../../modules/eks/cluster.js";
import { NetworkAddons } from "../../../modules/eks/network-addons.js";
import { NodeGroup, type NodeTaint } from "../../../modules/eks/node-group.js";
import { ScheduledScaling } from "../../../modules/eks/scheduled-scaling.js";
import { SystemAddons } from "../../../modules/eks/system-addons.js";
import { GithubActionsRole } from "../../../modules/github/actions-role.js";
import { NodeRole } from "../../../modules/iam/node-role.js";
import { EncryptionKeys } from "../../../modules/kms/encryption-keys.js";
import { LogStorage } from "../../../modules/log-storage/log-storage.js";
import { Alarms } from "../../../modules/observability/alarms.js";
import { Alerting } from "../../../modules/observability/alerting.js";
import { ContainerInsightsLogs } from "../../../modules/observability/container-insights-logs.js";
import { Dashboard } from "../../../modules/observability/dashboard.js";
import { MonthlyBudget } from "../../../modules/observability/monthly-budget.js";
import { Database } from "../../../modules/rds/database.js";
import { KeptSecret, madeUpPassword } from "../../../modules/secrets/kept-secret.js";
import { SecurityGroups } from "../../../modules/security-groups/security-groups.js";
import { permissionsBoundaryArn } from "../../../modules/terraform-cloud/permissions-boundary.js";
import { Vpc } from "../../../modules/vpc/vpc.js";
import { WebAcl } from "../../../modules/waf/web-acl.js";
import type { Environment } from "../../config/environment.js";
import { type NamedEnvironment, type Names, namesOf, namesOfSource } from "../../config/names.js";
import type { Organization } from "../../config/organization.js";
import { partitionOf } from "../../config/regions.js";
import { tagsOf } from "../../config/tags.js";
import type { PolicyException } from "../../policy/policy.js";
import { AwsStack } from "../aws-stack.js";
import { DatabaseVariables, githubOwnerVariable } from "../input-variables.js";
import { limitRoles } from "../role-boundary.js";
import { runRoleNames } from "../run-role-names.js";
import { WorkloadIdentities } from "../workload-identities.js";
import { clusterPrincipals } from "./cluster-principals.js";
import { publishPlatformOutputs } from "./outputs.js";

export interface PlatformStackProps {
  readonly environment: Environment;
  readonly organization: Organization;
  /** The present: events that are over are not scheduled any more. */
  readonly now: Date;
  /** The environment whose builds are released here. @default none */
  readonly promotesFrom?: NamedEnvironment;
}

/** What every log group of an environment has: how long it keeps events, and the key that encrypts them. */
interface LogSettings {
  readonly retentionDays: number;
  readonly kmsKeyArn: string;
}

interface Network {
  readonly vpc: Vpc;
  readonly securityGroups: SecurityGroups;
}

interface Data {
  readonly accessLogs: AccessLogs;
  readonly lokiBucket: LogStorage;
  readonly backups: BackupStorage;
  /** A recovery copy's dumps of before: its first region's. */
  readonly receivedDumps: ReceivedDumps | undefined;
  readonly registry: ContainerRegistry | ReceivedImages;
  readonly database: Database;
  readonly databaseName: string;
}

/** Secrets of what runs beside the application. */
interface OperatorSecrets {
  readonly grafana: KeptSecret;
  readonly slack: KeptSecret;
}

interface Edge {
  readonly dns: Dns;
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly webAcl: WebAcl;
}

/** What a group of nodes is put between. */
interface NodeGroupWiring {
  readonly network: Network;
  readonly cluster: EksCluster;
  readonly nodeRole: NodeRole;
  readonly taints: readonly NodeTaint[];
  readonly needs: readonly ITerraformDependable[];
}

/** The groups of nodes. What tolerates no taint runs on `operations`. */
const NODE_GROUPS = [
  { name: "apps", tainted: true },
  { name: "monitoring", tainted: true },
  { name: "operations", tainted: false },
] as const;

/** What may break a rule of the policy. */
function exceptionsOf({ clusterEndpoint }: Environment): PolicyException[] {
  const because = clusterEndpoint.openToTheWorldBecause;
  return [
    {
      path: "access-logs/bucket/bucket",
      rule: "our-key",
      because: "ALB and S3 deliver access logs only to buckets under S3's own key",
    },
    ...(because ? [{ path: "eks/cluster", rule: "ingress-from-anywhere", because } as const] : []),
  ];
}

/**
 * Everything of one environment in AWS: keys, network, cluster, data, the way in from the internet, the identities of
 * what runs in the cluster, and what watches over it all.
 *
 * Which module is wired to which is all that is said here; what the modules build is their own affair.
 */
export class PlatformStack extends AwsStack {
  private readonly environment: Environment;
  private readonly names: Names;
  private readonly replicaProvider: AwsProvider;
  private readonly keys: EncryptionKeys;
  private readonly logs: LogSettings;

  constructor(app: App, { environment, organization, now, promotesFrom }: PlatformStackProps) {
    const names = namesOf(environment);
    super(app, names.platformStack, {
      organization,
      region: environment.region,
      tags: tagsOf(environment),
      production: environment.production,
      exceptions: exceptionsOf(environment),
    });
    limitRoles(this, permissionsBoundaryArn(this.account, names.name));
    this.environment = environment;
    this.names = names;
    this.replicaProvider = this.providerIn(environment.drRegion, "dr");
    this.keys = this.addKeys();
    this.logs = { retentionDays: environment.logRetentionDays, kmsKeyArn: this.keys.logs.arn };

    const network = this.addNetwork();
    const cluster = this.addCluster(network);
    const data = this.addData(network);
    const edge = this.addEdge(network, data);
    const alerting = this.addAlerting(data);
    const secrets = this.addOperatorSecrets();
    const identities = this.addIdentities(cluster, data, edge, alerting, secrets);
    const insights = this.addNodes(network, cluster, identities, now);
    this.addWatching(network, cluster, data, edge, alerting, insights);
    const pushRole = this.addPushRole(data, organization, promotesFrom);
    this.publish(network, cluster, data, edge, alerting, pushRole, secrets);
  }

  private addKeys(): EncryptionKeys {
    return new EncryptionKeys(this, "kms", {
      name: this.names.instance,
      account: this.account,
      deletionWindowDays: this.environment.keyDeletionWindowDays,
      replicaProvider: this.replicaProvider,
    });
  }

  private addNetwork(): Network {
    const { name, globalName, clusterName } = this.names;
    const vpc = new Vpc(this, "vpc", {
      name,
      globalName,
      account: this.account,
      cidr: this.environment.vpcCidr,
      zoneCount: 3,
      natGateways: this.environment.natGateways,
      clusterName,
      flowLogs: this.logs,
      interfaceEndpoints: this.environment.interfaceEndpoints,
    });
    const securityGroups = new SecurityGroups(this, "security-groups", { name, vpcId: vpc.vpcId });
    return { vpc, securityGroups };
  }

  private addCluster({ vpc }: Network): EksCluster {
    const { account, environment, names } = this;
    const runRoles = runRoleNames(names.name);
    return new EksCluster(this, "eks", {
      name: names.clusterName,
      globalName: names.globalName,
      account,
      version: environment.kubernetesVersion,
      subnetIds: vpc.privateSubnetIds,
      secretsKeyArn: this.keys.eks.arn,
      logs: this.logs,
      endpoint: environment.clusterEndpoint,
      serviceCidr: environment.serviceCidr,
      // The stack that installs Flux runs with the same two roles as this one.
      admins: clusterPrincipals(account, [runRoles.apply, ...environment.clusterAdmins]),
      viewers: clusterPrincipals(account, [runRoles.plan, ...environment.clusterViewers]),
    });
  }

  private addData(network: Network): Data {
    const { account, environment, names, keys, replicaProvider } = this;
    const { globalName } = names;
    const { name: databaseName, ...appLogin } = new DatabaseVariables(this);
    const accessLogs = new AccessLogs(this, "access-logs", {
      name: globalName,
      account,
      expireDays: environment.logRetentionDays,
    });
    const lokiBucket = new LogStorage(this, "log-storage", {
      globalName,
      account,
      kmsKeyArn: keys.s3.arn,
      expireDays: environment.logRetentionDays,
      accessLogs: accessLogs.forBucket("loki"),
    });
    const backups = new BackupStorage(this, "backup-storage", {
      globalName,
      account,
      kmsKeyArn: keys.s3.arn,
      replica: { provider: replicaProvider, kmsKeyArn: keys.s3.replicaArn },
      ...environment.backups,
      accessLogs: accessLogs.forBucket("backup"),
    });
    const database = this.addDatabase(network, databaseName, appLogin);
    const { registry, receivedDumps } = this.addRegistryAndReceivedDumps();
    return { accessLogs, lokiBucket, backups, receivedDumps, registry, database, databaseName };
  }

  /** A recovery copy lives on what its first region has sent: it needs nothing that still stands only there. */
  private addRegistryAndReceivedDumps(): Pick<Data, "registry" | "receivedDumps"> {
    const { account, keys, names, replicaProvider } = this;
    const source = namesOfSource(this.environment);
    if (source === undefined) {
      const replica = { provider: replicaProvider, kmsKeyArn: keys.ecr.replicaArn };
      const registry = new ContainerRegistry(this, "ecr", {
        name: names.name,
        kmsKeyArn: keys.ecr.arn,
        replica,
      });
      return { registry, receivedDumps: undefined };
    }
    return {
      registry: new ReceivedImages(this, "ecr", { repositoryName: source.imageRepository }),
      receivedDumps: new ReceivedDumps(this, "received-dumps", {
        account,
        bucketName: `${source.backupReplicaBucketBase}-${account.accountId}`,
        keyAlias: `alias/s3-cmk-${source.instance}-replica`,
      }),
    };
  }

  private addDatabase(
    { vpc, securityGroups }: Network,
    databaseName: string,
    appLogin: Omit<DatabaseVariables, "name">,
  ): Database {
    const { account, environment, names, keys } = this;
    const { engineVersion, instanceClass, readers, backupRetentionDays } = environment.database;
    return new Database(this, "rds", {
      name: names.databaseClusterIdentifier,
      globalName: names.globalName,
      account,
      databaseName,
      engineVersion,
      instanceClass,
      readerAutoscaling: readers,
      backupRetentionDays,
      deletionProtection: environment.database.deletionProtection,
      skipFinalSnapshot: !environment.database.finalSnapshot,
      subnetIds: vpc.databaseSubnetIds,
      securityGroupIds: [securityGroups.databaseSecurityGroupId],
      zones: vpc.zoneNames,
      kmsKeyArn: keys.rds.arn,
      secretsKey: keys.secrets,
      replicaRegion: environment.drRegion,
      secretName: names.databaseSecretName,
      secretRecoveryWindowDays: environment.keyDeletionWindowDays,
      appLogin,
      logs: this.logs,
    });
  }

  private addEdge({ vpc, securityGroups }: Network, { accessLogs }: Data): Edge {
    const { account, environment, names } = this;
    const dns = new Dns(this, "dns", {
      hostedZoneName: environment.hostedZone,
      hostName: environment.hostName,
    });
    const loadBalancer = new ApplicationLoadBalancer(this, "alb", {
      name: names.loadBalancerName,
      publicSubnetIds: vpc.publicSubnetIds,
      securityGroupIds: [securityGroups.albSecurityGroupId],
      clusterName: names.clusterName,
      certificateArn: dns.certificateArn,
      accessLogs: { bucketName: accessLogs.bucketName, prefix: accessLogs.albPrefix },
      deletionProtection: environment.production,
    });
    const webAcl = new WebAcl(this, "waf", {
      name: names.name,
      account,
      albArn: loadBalancer.arn,
      allowedAddresses: { ipv4: [], ipv6: [] },
      blockedAddresses: { ipv4: [], ipv6: [] },
      ...environment.waf,
      logs: this.logs,
    });
    return { dns, loadBalancer, webAcl };
  }

  private addAlerting({ backups }: Data): Alerting {
    const alerting = new Alerting(this, "alerting", {
      name: this.names.name,
      account: this.account,
      kmsKeyArn: this.keys.alerts.arn,
      emails: this.environment.alarmEmails,
      bucketArns: [backups.bucketArn],
    });
    new LateCopyNotice(this, "late-copies", {
      bucketName: backups.bucketName,
      topicArn: alerting.topicArn,
      topicPolicy: alerting.policy,
    });
    return alerting;
  }

  private addOperatorSecrets(): OperatorSecrets {
    const settings = {
      kmsKeyArn: this.keys.secrets.arn,
      recoveryWindowDays: this.environment.keyDeletionWindowDays,
    };
    return {
      grafana: new KeptSecret(this, "grafana-secret", {
        name: this.names.grafanaSecretName,
        description: "Grafana's first user",
        firstValue: { username: "admin", password: madeUpPassword(this, "grafana-password") },
        ...settings,
      }),
      slack: new KeptSecret(this, "slack-secret", {
        name: this.names.slackSecretName,
        description: "Token of the Slack application that alerts speak through; people set it",
        // Something must be there, or what mounts the secret would not start before somebody sets it.
        firstValue: { token: "not-set" },
        ...settings,
      }),
    };
  }

  private addIdentities(
    cluster: EksCluster,
    data: Data,
    edge: Edge,
    alerting: Alerting,
    secrets: OperatorSecrets,
  ): WorkloadIdentities {
    const { account, environment, names, keys } = this;
    const secretsKeyArn = keys.secrets.arn;
    return new WorkloadIdentities(this, "identities", {
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
      receivedDumps: data.receivedDumps && {
        arn: data.receivedDumps.bucketArn,
        keyArn: data.receivedDumps.kmsKeyArn,
      },
      lokiBucket: { arn: data.lokiBucket.bucketArn, keyArn: keys.s3.arn },
      alerts: { arn: alerting.topicArn, keyArn: keys.alerts.arn },
      repositoryArn: data.registry.repositoryArn,
      logGroups: [`/aws/containerinsights/${names.clusterName}/*`, `/aws/rds/cluster/${names.name}/*`],
    });
  }

  /** Nodes, what must precede them (the pods' network and credentials), and what runs on them. */
  private addNodes(
    network: Network,
    cluster: EksCluster,
    identities: WorkloadIdentities,
    now: Date,
  ): ContainerInsightsLogs {
    const { account, names } = this;
    const addons = { clusterName: cluster.clusterName, clusterVersion: cluster.version };
    const networkAddons = new NetworkAddons(this, "network-addons", {
      ...addons,
      dependsOn: identities.associations,
    });
    const nodeRole = new NodeRole(this, "node-role", { globalName: names.globalName, account });
    const needs = [...networkAddons.resources, ...nodeRole.attachments];
    const groups = NODE_GROUPS.map(({ name, tainted }) => {
      const taints: NodeTaint[] = tainted ? [{ key: "scope", value: name, effect: "NoSchedule" }] : [];
      const group = this.addNodeGroup(name, { network, cluster, nodeRole, taints, needs });
      if (name === "apps") this.scheduleEvents(group, now);
      return group.resource;
    });
    const insights = new ContainerInsightsLogs(this, "container-insights", {
      clusterName: names.clusterName,
      ...this.logs,
    });
    new SystemAddons(this, "system-addons", { ...addons, dependsOn: [...groups, ...insights.resources] });
    return insights;
  }

  private addNodeGroup(
    name: keyof Environment["nodeGroups"],
    { network, cluster, nodeRole, taints, needs }: NodeGroupWiring,
  ): NodeGroup {
    const { environment, names, keys } = this;
    const size = environment.nodeGroups[name];
    return new NodeGroup(this, `nodes-${name}`, {
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
      dependsOn: needs,
    });
  }

  private scheduleEvents({ autoscalingGroupName }: NodeGroup, now: Date): void {
    const { events, nodeGroups } = this.environment;
    const { min: minSize, max: maxSize } = nodeGroups.apps;
    new ScheduledScaling(this, "events", { autoscalingGroupName, minSize, maxSize, events, now });
  }

  private addWatching(
    { vpc }: Network,
    cluster: EksCluster,
    { database, backups }: Data,
    { loadBalancer, webAcl }: Edge,
    { topicArn }: Alerting,
    insights: ContainerInsightsLogs,
  ): void {
    const { environment, names } = this;
    const watched = {
      loadBalancer,
      database,
      cluster: { name: cluster.clusterName },
      webAcl: { name: webAcl.name, region: environment.region },
      backups: {
        environment: names.instance,
        bucketName: backups.bucketName,
        replicaBucketName: backups.replicaBucketName,
        replicationRuleId: backups.replicationRuleId,
      },
    };
    const alarms = new Alarms(this, "alarms", {
      name: names.name,
      topicArn,
      natGatewayIds: vpc.natGatewayIds,
      ...watched,
    });
    new Dashboard(this, "dashboard", {
      name: names.globalName,
      region: environment.region,
      alarmArns: alarms.alarmArns,
      applicationLogGroupName: insights.applicationGroupName,
      ...watched,
    });
    // AWS Budgets counts dollars and is not offered in GovCloud; in China it counts yuan.
    if (partitionOf(environment.region) !== "aws") return;
    new MonthlyBudget(this, "budget", {
      name: names.globalName,
      limitUsd: environment.budget.monthlyUsd,
      emails: environment.budget.emails,
      topicArn,
      costTag: { key: "Environment", value: environment.name },
    });
  }

  private addPushRole(
    { registry }: Data,
    { githubIds }: Organization,
    promotesFrom: NamedEnvironment | undefined,
  ): GithubActionsRole {
    return new GithubActionsRole(this, "github", {
      globalName: this.names.globalName,
      account: this.account,
      owner: githubOwnerVariable(this),
      repositories: this.environment.githubRepositories,
      ids: githubIds,
      environment: this.names.instance,
      repositoryArn: registry.repositoryArn,
      readableRepositoryArns: promotesFrom === undefined ? [] : [this.imagesOf(promotesFrom)],
    });
  }

  /** Another environment's image repository in this account, by the name that it has there. */
  private imagesOf(environment: NamedEnvironment): string {
    const repository = `repository/${namesOf(environment).imageRepository}`;
    return this.account.arn("ecr", repository, { region: environment.region });
  }

  private publish(
    { vpc, securityGroups }: Network,
    cluster: EksCluster,
    data: Data,
    edge: Edge,
    alerting: Alerting,
    pushRole: GithubActionsRole,
    secrets: OperatorSecrets,
  ): void {
    const { account, environment, names, keys } = this;
    publishPlatformOutputs(this, {
      environment: environment.name,
      region: environment.region,
      account_id: account.accountId,
      partition: account.partition,
      vpc_id: vpc.vpcId,
      vpc_cidr: vpc.cidr,
      public_subnet_cidrs: vpc.publicSubnetCidrs,
      database_subnet_cidrs: vpc.databaseSubnetCidrs,
      zones: vpc.zoneNames,
      cluster_name: cluster.clusterName,
      cluster_endpoint: cluster.endpoint,
      cluster_ca_certificate: cluster.certificateAuthority,
      cluster_version: cluster.version,
      alb_arn: edge.loadBalancer.arn,
      alb_name: names.loadBalancerName,
      alb_dns_name: edge.loadBalancer.dnsName,
      alb_security_group_id: securityGroups.albSecurityGroupId,
      alb_tls_policy: SSL_POLICY,
      certificate_arn: edge.dns.certificateArn,
      web_acl_arn: edge.webAcl.arn,
      access_logs_bucket: data.accessLogs.bucketName,
      access_logs_prefix: data.accessLogs.albPrefix,
      hosted_zone_id: edge.dns.zoneId,
      hosted_zone_name: environment.hostedZone,
      host_name: environment.hostName,
      repository_url: data.registry.repositoryUrl,
      repository_name: data.registry.repositoryName,
      database_name: data.databaseName,
      database_secret_name: data.database.secretName,
      database_admin_secret_arn: data.database.masterSecretArn,
      database_host: data.database.writerEndpoint,
      database_reader_host: data.database.readerEndpoint,
      backup_bucket: data.backups.bucketName,
      backup_key_arn: keys.s3.arn,
      restore_bucket: data.receivedDumps?.bucketName ?? data.backups.bucketName,
      loki_bucket: data.lokiBucket.bucketName,
      volume_key_arn: keys.ebs.arn,
      grafana_secret_name: secrets.grafana.name,
      slack_secret_name: secrets.slack.name,
      alerts_topic_arn: alerting.topicArn,
      github_actions_role_arn: pushRole.roleArn,
    });
  }
}
