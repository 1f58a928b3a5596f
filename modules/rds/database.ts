import { AppautoscalingPolicy } from "@cdktf/provider-aws/lib/appautoscaling-policy/index.js";
import { AppautoscalingTarget } from "@cdktf/provider-aws/lib/appautoscaling-target/index.js";
import { DbParameterGroup } from "@cdktf/provider-aws/lib/db-parameter-group/index.js";
import { DbSubnetGroup } from "@cdktf/provider-aws/lib/db-subnet-group/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { RdsCluster } from "@cdktf/provider-aws/lib/rds-cluster/index.js";
import { RdsClusterInstance } from "@cdktf/provider-aws/lib/rds-cluster-instance/index.js";
import { RdsClusterParameterGroup } from "@cdktf/provider-aws/lib/rds-cluster-parameter-group/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import { policyDocument } from "../blocks/iam-policy.js";
import { LogGroup } from "../blocks/log-group.js";
import { type ApplicationLogin, ApplicationSecret } from "./application-secret.js";
import { refuseWhatRdsRefuses } from "./database-limits.js";
import { databaseLogPrefix } from "./names.js";

export interface DatabaseProps {
  /** Identifier of the cluster, such as `notejam-prod`; its instances append a number. At most 60 characters. */
  readonly name: string;
  /** What the monitoring role's name starts with; unique over the account's regions. */
  readonly globalName: string;
  readonly account: AwsAccount;
  /** Name of the database inside the cluster; may be a token. */
  readonly databaseName: string;
  /** Aurora PostgreSQL's version with its minor part, such as `17.9`. */
  readonly engineVersion: string;
  /** Such as `db.r7g.large`. */
  readonly instanceClass: string;
  /** Isolated subnets in at least two zones. */
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  /** Zone names: the first instance goes to the first, the second to the second. */
  readonly zones: readonly string[];
  /** Key of storage, snapshots and Performance Insights. */
  readonly kmsKeyArn: string;
  /** Key of the two secrets, and of the application secret's replica. */
  readonly secretsKey: { readonly arn: string; readonly replicaArn: string };
  /** Region that the application's secret is copied to. */
  readonly replicaRegion: string;
  /** Such as `notejam/prod/database`. */
  readonly secretName: string;
  readonly appLogin: ApplicationLogin;
  /** Days in which a secret's deletion can be called back: 0 (at once) or 7 to 30. @default 30 */
  readonly secretRecoveryWindowDays?: number;
  /** @default "notejam_admin" */
  readonly masterUsername?: string;
  /** Days to which the database can be put back, to the second: 1 to 35. @default 35 */
  readonly backupRetentionDays?: number;
  readonly deletionProtection: boolean;
  /**
   * Delete the database without keeping a last snapshot. Where one is kept, it is called `<name>-final`: move an earlier
   * one of that name out of the way (copy, then delete) before the database is destroyed again.
   */
  readonly skipFinalSnapshot: boolean;
  /** Seconds between samples of the operating system's metrics: 0 (off), 1, 5, 10, 15, 30 or 60. @default 10 */
  readonly monitoringIntervalSeconds?: number;
  /** PostgreSQL's log in CloudWatch. */
  readonly logs: { readonly retentionDays: number; readonly kmsKeyArn: string };
  /** How many readers there may be, the one that Terraform makes included: 1 to 15. */
  readonly readerAutoscaling: { readonly min: number; readonly max: number };
  /** Change instances at once instead of in the maintenance window. @default false */
  readonly applyImmediately?: boolean;
  /** @default Aurora's own, from the instance's memory */
  readonly maxConnections?: number;
}

const DEFAULTS = { backupRetentionDays: 35, monitoringIntervalSeconds: 10, secretRecoveryWindowDays: 30 };

const ENGINE = "aurora-postgresql";
const PORT = 5432;

/** At night in Europe; the backup first, so that maintenance starts from a fresh one. Times are UTC. */
const BACKUP_WINDOW = "01:00-02:00";
const MAINTENANCE_WINDOW = "sun:02:30-sun:03:30";

/** Performance Insights' free retention, in days. */
const INSIGHTS_RETENTION_DAYS = 7;

/** Slower statements go to the log, in milliseconds. */
const SLOW_STATEMENT_MS = "1000";
/** A forgotten open transaction keeps rows locked; it is ended after this time, in milliseconds. */
const IDLE_TRANSACTION_MS = "60000";

const READER_CPU_TARGET_PERCENT = 60;
/** Adding a reader takes Aurora some minutes; removing one too early costs them again. */
const READER_COOLDOWN_SECONDS = { out: 300, in: 900 };

/**
 * Aurora PostgreSQL: a writer and a reader in different zones, so that the loss of one costs seconds.
 *
 * Two logins, and Terraform's state knows neither password. The master user's is made, kept and rotated by RDS
 * (`masterSecretArn`) and serves migrations alone. The application's own comes with `appLogin`, reaches the secret
 * `secretName` by a write-only argument, and is created in the database by the application's migration.
 *
 * After a failover the instances change parts, so they are numbered, not named writer and reader.
 */
export class Database extends Construct {
  readonly clusterIdentifier: string;
  readonly clusterArn: string;
  readonly writerEndpoint: string;
  readonly readerEndpoint: string;
  readonly port: number;
  /** The application's login. */
  readonly secretArn: string;
  readonly secretName: string;
  /** The master user's login, kept by RDS. */
  readonly masterSecretArn: string;
  readonly instanceIds: readonly string[];
  /** What the alarm on connections is measured against, where the environment states it. */
  readonly maxConnections?: number;

  private readonly props: DatabaseProps;
  private readonly cluster: RdsCluster;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    refuseWhatRdsRefuses(this.node.path, props);
    this.props = props;
    this.cluster = this.addCluster();
    const instances = this.addInstances();
    this.scaleReaders(instances);
    const secret = this.publishLogin();

    this.clusterIdentifier = this.cluster.clusterIdentifier;
    this.clusterArn = this.cluster.arn;
    this.writerEndpoint = this.cluster.endpoint;
    this.readerEndpoint = this.cluster.readerEndpoint;
    this.port = PORT;
    this.secretArn = secret.arn;
    this.secretName = secret.name;
    this.masterSecretArn = this.cluster.masterUserSecret.get(0).secretArn;
    this.instanceIds = instances.map((instance) => instance.identifier);
    this.maxConnections = props.maxConnections;
  }

  private addCluster(): RdsCluster {
    const { props } = this;
    const logs = new LogGroup(this, "postgresql-log", {
      name: `${databaseLogPrefix(props.name)}/postgresql`,
      ...props.logs,
    });
    return new RdsCluster(this, "cluster", {
      clusterIdentifier: props.name,
      engine: ENGINE,
      engineVersion: props.engineVersion,
      // Otherwise AWS keeps an outdated version running and charges for it.
      engineLifecycleSupport: "open-source-rds-extended-support-disabled",
      databaseName: props.databaseName,
      port: PORT,
      masterUsername: props.masterUsername ?? "notejam_admin",
      manageMasterUserPassword: true,
      masterUserSecretKmsKeyId: props.secretsKey.arn,
      iamDatabaseAuthenticationEnabled: true,
      dbSubnetGroupName: this.addSubnetGroup().name,
      vpcSecurityGroupIds: [...props.securityGroupIds],
      dbClusterParameterGroupName: this.addClusterParameters().name,
      storageEncrypted: true,
      kmsKeyId: props.kmsKeyArn,
      backupRetentionPeriod: props.backupRetentionDays ?? DEFAULTS.backupRetentionDays,
      preferredBackupWindow: BACKUP_WINDOW,
      preferredMaintenanceWindow: MAINTENANCE_WINDOW,
      copyTagsToSnapshot: true,
      deletionProtection: props.deletionProtection,
      skipFinalSnapshot: props.skipFinalSnapshot,
      finalSnapshotIdentifier: props.skipFinalSnapshot ? undefined : `${props.name}-final`,
      enabledCloudwatchLogsExports: ["postgresql"],
      databaseInsightsMode: "standard",
      applyImmediately: props.applyImmediately ?? false,
      lifecycle: {
        // A database restored from a snapshot, or joined to a global one, in an emergency is not to be replaced.
        ignoreChanges: ["snapshot_identifier", "global_cluster_identifier"],
      },
      dependsOn: [logs.resource],
    });
  }

  private addSubnetGroup(): DbSubnetGroup {
    return new DbSubnetGroup(this, "subnets", {
      name: this.props.name,
      description: `Isolated subnets of ${this.props.name}`,
      subnetIds: [...this.props.subnetIds],
    });
  }

  private addClusterParameters(): RdsClusterParameterGroup {
    const { name } = this.props;
    return new RdsClusterParameterGroup(this, "cluster-parameters", {
      name,
      description: `Cluster parameters of ${name}`,
      family: this.parameterFamily(),
      parameter: [
        { name: "rds.force_ssl", value: "1" },
        { name: "log_min_duration_statement", value: SLOW_STATEMENT_MS },
        { name: "log_statement", value: "ddl" },
        { name: "idle_in_transaction_session_timeout", value: IDLE_TRANSACTION_MS },
      ],
    });
  }

  private addInstanceParameters(): DbParameterGroup {
    const { name, maxConnections } = this.props;
    const connections = maxConnections
      ? [{ name: "max_connections", value: String(maxConnections), applyMethod: "pending-reboot" }]
      : [];
    return new DbParameterGroup(this, "instance-parameters", {
      name,
      description: `Instance parameters of ${name}`,
      family: this.parameterFamily(),
      parameter: [{ name: "log_lock_waits", value: "1" }, ...connections],
    });
  }

  private addInstances(): readonly RdsClusterInstance[] {
    const { props } = this;
    const parameters = this.addInstanceParameters();
    const interval = props.monitoringIntervalSeconds ?? DEFAULTS.monitoringIntervalSeconds;
    const monitoringRole = interval > 0 ? this.addMonitoringRole() : undefined;
    return props.zones.slice(0, 2).map(
      (zone, index) =>
        new RdsClusterInstance(this, `instance-${index + 1}`, {
          clusterIdentifier: this.cluster.id,
          identifier: `${props.name}-${index + 1}`,
          engine: ENGINE,
          engineVersion: this.cluster.engineVersion,
          // The version is stated in the environment; AWS choosing another would be a difference in every plan.
          autoMinorVersionUpgrade: false,
          instanceClass: props.instanceClass,
          availabilityZone: zone,
          // Readers that auto scaling adds have tier 15: one of these two takes over first.
          promotionTier: index,
          publiclyAccessible: false,
          dbSubnetGroupName: this.cluster.dbSubnetGroupName,
          dbParameterGroupName: parameters.name,
          copyTagsToSnapshot: true,
          monitoringInterval: interval,
          monitoringRoleArn: monitoringRole?.arn,
          performanceInsightsEnabled: true,
          performanceInsightsKmsKeyId: props.kmsKeyArn,
          performanceInsightsRetentionPeriod: INSIGHTS_RETENTION_DAYS,
          preferredMaintenanceWindow: MAINTENANCE_WINDOW,
          applyImmediately: props.applyImmediately ?? false,
          // RDS refuses a monitoring role that cannot write yet.
          dependsOn: monitoringRole ? [monitoringRole.policy] : undefined,
        }),
    );
  }

  /** @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Monitoring.OS.Enabling.html */
  private addMonitoringRole(): { readonly arn: string; readonly policy: IamRolePolicyAttachment } {
    const { account, globalName } = this.props;
    const role = new IamRole(this, "monitoring-role", {
      name: `${globalName}-rds-monitoring`,
      description: "RDS writes the operating system's metrics to CloudWatch",
      assumeRolePolicy: policyDocument([
        {
          principals: { Service: ["monitoring.rds.amazonaws.com"] },
          actions: ["sts:AssumeRole"],
          conditions: {
            StringEquals: { "aws:SourceAccount": account.accountId },
            // Readers made by auto scaling have names of their own, so not this cluster's instances by name.
            ArnLike: { "aws:SourceArn": account.arn("rds", "db:*") },
          },
        },
      ]),
    });
    const policy = new IamRolePolicyAttachment(this, "monitoring-policy", {
      role: role.name,
      policyArn: account.arn("iam", "policy/service-role/AmazonRDSEnhancedMonitoringRole", {
        region: "",
        account: "aws",
      }),
    });
    return { arn: role.arn, policy };
  }

  /**
   * Readers that auto scaling has added are unknown to Terraform: they have to be deleted by hand before the cluster can
   * be destroyed.
   */
  private scaleReaders(instances: readonly RdsClusterInstance[]): void {
    const { min, max } = this.props.readerAutoscaling;
    const target = new AppautoscalingTarget(this, "readers", {
      serviceNamespace: "rds",
      scalableDimension: "rds:cluster:ReadReplicaCount",
      resourceId: `cluster:${this.cluster.clusterIdentifier}`,
      minCapacity: min,
      maxCapacity: max,
      // Earlier, auto scaling would add readers of its own until the minimum stands.
      dependsOn: [...instances],
    });
    new AppautoscalingPolicy(this, "readers-by-cpu", {
      name: `${this.props.name}-readers-by-cpu`,
      policyType: "TargetTrackingScaling",
      serviceNamespace: target.serviceNamespace,
      scalableDimension: target.scalableDimension,
      resourceId: target.resourceId,
      targetTrackingScalingPolicyConfiguration: {
        targetValue: READER_CPU_TARGET_PERCENT,
        scaleOutCooldown: READER_COOLDOWN_SECONDS.out,
        scaleInCooldown: READER_COOLDOWN_SECONDS.in,
        predefinedMetricSpecification: { predefinedMetricType: "RDSReaderAverageCPUUtilization" },
      },
    });
  }

  private publishLogin(): ApplicationSecret {
    const { props, cluster } = this;
    return new ApplicationSecret(this, "application-secret", {
      name: props.secretName,
      login: props.appLogin,
      address: {
        writer: cluster.endpoint,
        reader: cluster.readerEndpoint,
        port: PORT,
        databaseName: props.databaseName,
      },
      rewriteOnChangeOf: ["endpoint", "reader_endpoint"].map(
        (attribute) => `${cluster.terraformResourceType}.${cluster.friendlyUniqueId}.${attribute}`,
      ),
      kmsKeyArn: props.secretsKey.arn,
      replica: { region: props.replicaRegion, kmsKeyArn: props.secretsKey.replicaArn },
      recoveryWindowDays: props.secretRecoveryWindowDays ?? DEFAULTS.secretRecoveryWindowDays,
    });
  }

  private parameterFamily(): string {
    return `${ENGINE}${this.props.engineVersion.split(".")[0]}`;
  }
}
