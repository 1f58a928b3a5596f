import { AppautoscalingPolicy } from "@cdktf/provider-aws/lib/appautoscaling-policy/index.js";
import { AppautoscalingTarget } from "@cdktf/provider-aws/lib/appautoscaling-target/index.js";
import { DbParameterGroup } from "@cdktf/provider-aws/lib/db-parameter-group/index.js";
import { DbSubnetGroup } from "@cdktf/provider-aws/lib/db-subnet-group/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { RdsCluster, type RdsClusterConfig } from "@cdktf/provider-aws/lib/rds-cluster/index.js";
import {
  RdsClusterInstance,
  type RdsClusterInstanceConfig,
} from "@cdktf/provider-aws/lib/rds-cluster-instance/index.js";
import { RdsClusterParameterGroup } from "@cdktf/provider-aws/lib/rds-cluster-parameter-group/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import { policyDocument } from "../core/iam-policy.js";
import { LogGroup } from "../core/log-group.js";
import { type ApplicationLogin, ApplicationSecret } from "./application-secret.js";
import { validateDatabaseProps } from "./database-validation.js";
import { databaseLogPrefix } from "./names.js";

export interface DatabaseProps {
  /** Identifier of the cluster and prefix of its instances, such as `notejam-prod`. At most 60 characters. */
  readonly name: string;
  /** Prefix of the monitoring role's name, unique in the account. */
  readonly globalName: string;
  readonly account: AwsAccount;
  /** Name of the database in the cluster. May be a token. */
  readonly databaseName: string;
  /** Version of Aurora PostgreSQL with its minor part, such as `17.9`. */
  readonly engineVersion: string;
  /** Instance class, such as `db.r7g.large`. */
  readonly instanceClass: string;
  /** Isolated subnets in at least two zones. */
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  /** Availability zones. The two instances use the first two. */
  readonly zones: readonly string[];
  /** KMS key of storage, snapshots and Performance Insights. */
  readonly kmsKeyArn: string;
  /** KMS key of the two secrets, and its replica for the application secret's replica. */
  readonly secretsKey: { readonly arn: string; readonly replicaArn: string };
  /** Region of the application secret's replica. */
  readonly replicaRegion: string;
  /** Name of the application secret, such as `notejam/prod/database`. */
  readonly secretName: string;
  /** Login of the application. */
  readonly appLogin: ApplicationLogin;
  /** Days during which the deletion of a secret can be cancelled: 0 (deleted at once) or 7 to 30. @default 30 */
  readonly secretRecoveryWindowDays?: number;
  /** Name of the master user. A change replaces the cluster. */
  readonly masterUsername: string;
  /** Days of point-in-time recovery: 1 to 35. @default 35 */
  readonly backupRetentionDays?: number;
  readonly deletionProtection: boolean;
  /**
   * Delete the database without a final snapshot. The snapshot is named `<name>-final`: copy and delete an older one of
   * that name before the database is destroyed again.
   */
  readonly skipFinalSnapshot: boolean;
  /** Interval of Enhanced Monitoring in seconds: 0 (off), 1, 5, 10, 15, 30 or 60. @default 10 */
  readonly monitoringIntervalSeconds?: number;
  /** PostgreSQL log in CloudWatch: retention in days and KMS key. */
  readonly logs: { readonly retentionDays: number; readonly kmsKeyArn: string };
  /** Number of readers, including the one that Terraform creates: 1 to 15. */
  readonly readerAutoscaling: { readonly min: number; readonly max: number };
  /** Apply changes immediately instead of in the maintenance window. @default false */
  readonly applyImmediately?: boolean;
  /** Value of `max_connections`. @default Aurora's default, which depends on the instance class */
  readonly maxConnections?: number;
  /** Arguments of the cluster that replace those of this construct. @default none */
  readonly overrides?: Partial<RdsClusterConfig>;
  /** Arguments of both instances that replace those of this construct. @default none */
  readonly instanceOverrides?: Partial<RdsClusterInstanceConfig>;
}

const DEFAULTS = { backupRetentionDays: 35, monitoringIntervalSeconds: 10, secretRecoveryWindowDays: 30 };

const ENGINE = "aurora-postgresql";
const PORT = 5432;

/** Times in UTC: night in Europe. The backup window is before the maintenance window. */
const BACKUP_WINDOW = "01:00-02:00";
const MAINTENANCE_WINDOW = "sun:02:30-sun:03:30";

/** Free retention of Performance Insights, in days. */
const INSIGHTS_RETENTION_DAYS = 7;

/** Duration from which statements are logged, in milliseconds. */
const SLOW_STATEMENT_MS = "1000";
/** Timeout of idle transactions, which keep rows locked, in milliseconds. */
const IDLE_TRANSACTION_MS = "60000";

const READER_CPU_TARGET_PERCENT = 60;
/** Aurora needs some minutes to add a reader, so readers are removed late. */
const READER_COOLDOWN_SECONDS = { out: 300, in: 900 };

/**
 * Aurora PostgreSQL cluster with a writer and a reader in different availability zones, and auto scaling of readers.
 *
 * It has two logins. Terraform's state contains neither password. RDS creates and rotates the master user's password
 * (`masterSecretArn`), for migrations only. The application's login (`appLogin`) is written to the secret `secretName` by a
 * write-only argument. The application's migration creates it in the database.
 *
 * The instances are numbered, because writer and reader change roles at a failover.
 */
export class Database extends Construct {
  readonly clusterIdentifier: string;
  readonly clusterArn: string;
  readonly writerEndpoint: string;
  readonly readerEndpoint: string;
  readonly port: number;
  /** Secret with the application's login. */
  readonly secretArn: string;
  readonly secretName: string;
  /** Secret with the master user's login, managed by RDS. */
  readonly masterSecretArn: string;
  readonly instanceIds: readonly string[];
  /** Value of `max_connections`, if it is configured. */
  readonly maxConnections?: number;

  private readonly props: DatabaseProps;
  private readonly cluster: RdsCluster;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    validateDatabaseProps(this.node.path, props);
    this.props = props;
    this.cluster = this.addCluster();
    const instances = this.addInstances();
    this.scaleReaders(instances);
    const secret = this.addApplicationSecret();

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
      // Extended support of outdated versions costs extra.
      engineLifecycleSupport: "open-source-rds-extended-support-disabled",
      databaseName: props.databaseName,
      port: PORT,
      masterUsername: props.masterUsername,
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
        // A restore from a snapshot or a global cluster, created in an emergency, must not replace the cluster.
        ignoreChanges: ["snapshot_identifier", "global_cluster_identifier"],
      },
      dependsOn: [logs.resource],
      ...props.overrides,
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
          // The version is configured. An upgrade by AWS would appear in each plan.
          autoMinorVersionUpgrade: false,
          instanceClass: props.instanceClass,
          availabilityZone: zone,
          // Readers of auto scaling have tier 15, so these two instances are promoted first.
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
          // RDS rejects a monitoring role without its policy.
          dependsOn: monitoringRole ? [monitoringRole.policy] : undefined,
          ...props.instanceOverrides,
        }),
    );
  }

  /** @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Monitoring.OS.Enabling.html */
  private addMonitoringRole(): { readonly arn: string; readonly policy: IamRolePolicyAttachment } {
    const { account, globalName } = this.props;
    const role = new IamRole(this, "monitoring-role", {
      name: `${globalName}-rds-monitoring`,
      description: "Enhanced Monitoring of RDS",
      assumeRolePolicy: policyDocument([
        {
          principals: { Service: ["monitoring.rds.amazonaws.com"] },
          actions: ["sts:AssumeRole"],
          conditions: {
            StringEquals: { "aws:SourceAccount": account.accountId },
            // All instances of the account, because readers of auto scaling have generated names.
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

  /** Readers of auto scaling are not in the state. Delete them manually before you destroy the cluster. */
  private scaleReaders(instances: readonly RdsClusterInstance[]): void {
    const { min, max } = this.props.readerAutoscaling;
    const target = new AppautoscalingTarget(this, "readers", {
      serviceNamespace: "rds",
      scalableDimension: "rds:cluster:ReadReplicaCount",
      resourceId: `cluster:${this.cluster.clusterIdentifier}`,
      minCapacity: min,
      maxCapacity: max,
      // Otherwise auto scaling adds readers before Terraform has created its own.
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

  private addApplicationSecret(): ApplicationSecret {
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
