import type { AwsAccount } from "@notejam/constructs/core/aws-account";
import type { PolicyStatement } from "@notejam/constructs/core/iam-policy";
import { VPC_CNI_SERVICE_ACCOUNT } from "@notejam/constructs/eks/network-addons";
import { SYSTEM_SERVICE_ACCOUNTS } from "@notejam/constructs/eks/system-addons";
import { IMAGE_REFLECTOR_SERVICE_ACCOUNT } from "@notejam/constructs/flux/names";
import { managedPolicyArn } from "@notejam/constructs/iam/managed-policy";
import { PodRole } from "@notejam/constructs/iam/pod-role";
import { clusterAutoscaler } from "@notejam/constructs/iam/policies/cluster-autoscaler";
import { ebsCsi } from "@notejam/constructs/iam/policies/ebs-csi";
import { externalDns } from "@notejam/constructs/iam/policies/external-dns";
import { grafanaCloudWatchReader } from "@notejam/constructs/iam/policies/grafana";
import { imageReader } from "@notejam/constructs/iam/policies/image-reader";
import { loadBalancerController } from "@notejam/constructs/iam/policies/load-balancer-controller";
import { lokiStorage } from "@notejam/constructs/iam/policies/loki";
import { mailSender } from "@notejam/constructs/iam/policies/mail-sender";
import { secretReader } from "@notejam/constructs/iam/policies/secret-reader";
import { topicPublisher } from "@notejam/constructs/iam/policies/topic-publisher";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { backupReader, backupWriter, dumpReader } from "../notejam/backup-policies.js";

/** Encrypted resource: its ARN and that of its key. */
interface Encrypted {
  readonly arn: string;
  readonly keyArn: string;
}

export interface WorkloadIdentitiesProps {
  readonly account: AwsAccount;
  readonly globalName: string;
  readonly clusterName: string;
  readonly zoneArn: string;
  /** SES identity (a domain) of the application's mail. */
  readonly mailIdentityArn: string;
  readonly volumeKeyArn: string;
  readonly databaseSecret: Encrypted;
  readonly databaseAdminSecret: Encrypted;
  readonly grafanaSecret: Encrypted;
  readonly slackSecret: Encrypted;
  readonly backups: Encrypted;
  /** Backups replicated from the primary region (standby only). @default none */
  readonly replicatedBackups?: Encrypted | undefined;
  readonly lokiBucket: Encrypted;
  readonly alerts: Encrypted;
  readonly repositoryArn: string;
  /** Log groups that Grafana may query. */
  readonly logGroups: readonly string[];
}

/** Permissions of one service account. */
interface Identity {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly roleSuffix?: string;
  readonly statements?: readonly PolicyStatement[];
  readonly managedPolicyArns?: readonly string[];
}

/**
 * IAM roles of the workloads in the cluster, one per service account.
 *
 * Application, migration, backup and restore have separate roles, so that stolen credentials of one give no access to
 * the resources of another: neither the application nor the backup job reads backups, and only the migration reads the
 * master user's login.
 */
export class WorkloadIdentities extends Construct {
  /** For `dependsOn` of resources that start pods: pods get credentials only if the association exists before them. */
  readonly associations: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: WorkloadIdentitiesProps) {
    super(scope, id);
    const { account, globalName, clusterName } = props;
    const roles = identities(props).map(
      (identity) =>
        new PodRole(this, `${identity.namespace}-${identity.serviceAccount}`, {
          account,
          globalName,
          clusterName,
          ...identity,
        }),
    );
    this.associations = roles.map((role) => role.association);
  }
}

function identities(props: WorkloadIdentitiesProps): Identity[] {
  return [...applicationIdentities(props), ...controllerIdentities(props), ...monitoringIdentities(props)];
}

function applicationIdentities(props: WorkloadIdentitiesProps): Identity[] {
  const { databaseSecret, databaseAdminSecret, backups, replicatedBackups } = props;
  const readDatabaseSecret = secretReader(databaseSecret.arn, databaseSecret.keyArn);
  return [
    {
      namespace: "notejam",
      serviceAccount: "notejam",
      statements: [...readDatabaseSecret, ...mailSender(props.mailIdentityArn)],
    },
    {
      namespace: "notejam",
      serviceAccount: "notejam-migrate",
      statements: [
        ...readDatabaseSecret,
        ...prefixSids("Master", secretReader(databaseAdminSecret.arn, databaseAdminSecret.keyArn)),
      ],
    },
    {
      namespace: "notejam",
      serviceAccount: "notejam-backup",
      statements: [...readDatabaseSecret, ...backupWriter(backups.arn, backups.keyArn)],
    },
    {
      namespace: "notejam",
      serviceAccount: "notejam-restore",
      statements: [
        ...readDatabaseSecret,
        ...backupReader(backups.arn, backups.keyArn),
        ...(replicatedBackups
          ? prefixSids("Received", dumpReader(replicatedBackups.arn, replicatedBackups.keyArn))
          : []),
      ],
    },
  ];
}

function controllerIdentities(props: WorkloadIdentitiesProps): Identity[] {
  const { account, clusterName } = props;
  return [
    {
      ...VPC_CNI_SERVICE_ACCOUNT,
      roleSuffix: "vpc-cni",
      managedPolicyArns: [managedPolicyArn(account, "AmazonEKS_CNI_Policy")],
    },
    {
      ...SYSTEM_SERVICE_ACCOUNTS.ebsCsi,
      roleSuffix: "ebs-csi",
      statements: ebsCsi(props.volumeKeyArn),
      managedPolicyArns: [managedPolicyArn(account, "service-role/AmazonEBSCSIDriverPolicy")],
    },
    {
      ...SYSTEM_SERVICE_ACCOUNTS.cloudWatchAgent,
      managedPolicyArns: [managedPolicyArn(account, "CloudWatchAgentServerPolicy")],
    },
    {
      namespace: "kube-system",
      serviceAccount: "aws-load-balancer-controller",
      statements: loadBalancerController(account, clusterName),
    },
    {
      namespace: "kube-system",
      serviceAccount: "cluster-autoscaler",
      statements: clusterAutoscaler(account, clusterName),
    },
    { namespace: "kube-system", serviceAccount: "external-dns", statements: externalDns(props.zoneArn) },
    {
      ...IMAGE_REFLECTOR_SERVICE_ACCOUNT,
      statements: imageReader(props.repositoryArn),
    },
  ];
}

function monitoringIdentities(props: WorkloadIdentitiesProps): Identity[] {
  const { account, lokiBucket, alerts } = props;
  return [
    {
      namespace: "monitoring",
      serviceAccount: "loki",
      statements: lokiStorage(lokiBucket.arn, lokiBucket.keyArn),
    },
    {
      namespace: "monitoring",
      serviceAccount: "grafana",
      statements: [
        ...grafanaCloudWatchReader(account, props.logGroups),
        ...secretReader(props.grafanaSecret.arn, props.grafanaSecret.keyArn),
      ],
    },
    {
      namespace: "monitoring",
      serviceAccount: "alertmanager",
      statements: [
        ...topicPublisher(alerts.arn, alerts.keyArn),
        ...secretReader(props.slackSecret.arn, props.slackSecret.keyArn),
      ],
    },
  ];
}

/** Keeps statement ids unique in a policy that combines the same statements for two resources. */
function prefixSids(prefix: string, statements: readonly PolicyStatement[]): PolicyStatement[] {
  return statements.map((statement) => ({ ...statement, sid: `${prefix}${statement.sid ?? ""}` }));
}
