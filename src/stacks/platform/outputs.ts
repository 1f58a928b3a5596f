import { SSL_POLICY } from "@notejam/constructs/alb/application-load-balancer";
import { tolist } from "@notejam/constructs/core/terraform-functions";
import type { EksCluster } from "@notejam/constructs/eks/cluster";
import type { GithubActionsRole } from "@notejam/constructs/github/actions-role";
import { DataTerraformRemoteState, TerraformOutput } from "cdktf";
import type { Construct } from "constructs";
import type { WorkloadResources } from "./cluster.js";
import type { PlatformContext } from "./context.js";
import type { Network } from "./network.js";

/** Parts of a platform stack that its outputs describe. */
export interface PlatformParts extends WorkloadResources {
  readonly context: PlatformContext;
  readonly network: Network;
  readonly cluster: EksCluster;
  readonly pushRole: GithubActionsRole;
}

interface Output<Value extends string | readonly string[]> {
  readonly description: string;
  readonly isList: boolean;
  readonly select: (parts: PlatformParts) => Value;
}

function stringOutput(description: string, select: Output<string>["select"]): Output<string> {
  return { description, isList: false, select };
}

function listOutput(
  description: string,
  select: Output<readonly string[]>["select"],
): Output<readonly string[]> {
  return { description, isList: true, select };
}

/**
 * Outputs of `notejam-<env>`, which `notejam-<env>-gitops` reads. To add one, add it here and use it in its consumer.
 *
 * Strings and lists of strings only, and no secrets: remote state drops sensitive marks, and read access to a
 * workspace's outputs covers all of them. Secrets are passed by their name in Secrets Manager.
 */
const OUTPUTS = {
  environment: stringOutput(
    "Name of the environment, such as prod",
    ({ context }) => context.environment.name,
  ),
  region: stringOutput("AWS region", ({ context }) => context.environment.region),
  account_id: stringOutput("AWS account id, twelve digits", ({ context }) => context.account.accountId),
  vpc_id: stringOutput("VPC id", ({ network }) => network.vpc.vpcId),
  vpc_cidr: stringOutput("CIDR block of the VPC", ({ network }) => network.vpc.cidr),
  public_subnet_cidrs: listOutput(
    "CIDR blocks of the public subnets, where the load balancer's nodes are",
    ({ network }) => network.vpc.publicSubnetCidrs,
  ),
  database_subnet_cidrs: listOutput(
    "CIDR blocks of the database subnets, for network policies",
    ({ network }) => network.vpc.databaseSubnetCidrs,
  ),
  cluster_name: stringOutput("Name of the EKS cluster", ({ cluster }) => cluster.clusterName),
  cluster_endpoint: stringOutput("URL of the Kubernetes API", ({ cluster }) => cluster.endpoint),
  cluster_ca_certificate: stringOutput(
    "Certificate authority of the Kubernetes API, base64",
    ({ cluster }) => cluster.certificateAuthority,
  ),
  cluster_version: stringOutput("Kubernetes minor version", ({ cluster }) => cluster.version),
  alb_security_group_id: stringOutput(
    "Security group of the load balancer; Terraform manages its rules",
    ({ network }) => network.securityGroups.albSecurityGroupId,
  ),
  alb_tls_policy: stringOutput("TLS policy of the HTTPS listener", () => SSL_POLICY),
  certificate_arn: stringOutput(
    "ACM certificate of the host name, validated",
    ({ edge }) => edge.dns.certificateArn,
  ),
  web_acl_arn: stringOutput("WAF web ACL", ({ edge }) => edge.webAcl.arn),
  access_logs_bucket: stringOutput(
    "Bucket of the load balancer's access logs",
    ({ data }) => data.accessLogs.bucketName,
  ),
  access_logs_prefix: stringOutput(
    "Prefix of the load balancer's access logs",
    ({ data }) => data.accessLogs.albPrefix,
  ),
  hosted_zone_id: stringOutput("Route 53 hosted zone id", ({ edge }) => edge.dns.zoneId),
  hosted_zone_name: stringOutput(
    "Domain of the hosted zone",
    ({ context }) => context.environment.hostedZone,
  ),
  host_name: stringOutput("Host name of Notejam", ({ context }) => context.environment.hostName),
  repository_url: stringOutput(
    "ECR repository of the application's image",
    ({ registry }) => registry.repositoryUrl,
  ),
  database_name: stringOutput("Name of the PostgreSQL database", ({ data }) => data.databaseName),
  database_secret_name: stringOutput(
    "Secrets Manager secret with the application's own login",
    ({ data }) => data.database.secretName,
  ),
  database_admin_secret_arn: stringOutput(
    "Secrets Manager secret with the master user's login, created and rotated by RDS",
    ({ data }) => data.database.masterSecretArn,
  ),
  backup_bucket: stringOutput("Bucket of the backups", ({ data }) => data.backups.bucketName),
  backup_key_arn: stringOutput("KMS key of the backups", ({ context }) => context.keys.s3.arn),
  restore_bucket: stringOutput(
    "Bucket to restore from: in a standby, the replica of the primary's backups",
    ({ data }) => data.replicatedBackups?.bucketName ?? data.backups.bucketName,
  ),
  loki_bucket: stringOutput("Bucket of the cluster's logs", ({ data }) => data.lokiBucket.bucketName),
  volume_key_arn: stringOutput(
    "KMS key of the volumes of nodes and pods",
    ({ context }) => context.keys.ebs.arn,
  ),
  grafana_secret_name: stringOutput(
    "Secrets Manager secret with Grafana's first user",
    ({ secrets }) => secrets.grafana.name,
  ),
  slack_secret_name: stringOutput(
    "Secrets Manager secret with the token of the Slack application",
    ({ secrets }) => secrets.slack.name,
  ),
  alerts_topic_arn: stringOutput("SNS topic of the alarms", ({ alerting }) => alerting.topicArn),
  github_actions_role_arn: stringOutput(
    "IAM role that GitHub Actions assumes to push images",
    ({ pushRole }) => pushRole.roleArn,
  ),
} as const;

type Outputs = typeof OUTPUTS;

/** Values of the outputs, by name. */
export type PlatformOutputs = {
  readonly [Name in keyof Outputs]: ReturnType<Outputs[Name]["select"]>;
};

/** Declares the outputs of a platform stack. */
export function publishPlatformOutputs(parts: PlatformParts): void {
  for (const [name, { description, select }] of Object.entries(OUTPUTS)) {
    new TerraformOutput(parts.context.stack, name, { value: select(parts), description, staticId: true });
  }
}

/** Location of a platform stack's state in HCP Terraform. */
export interface PlatformState {
  readonly hostname: string;
  readonly organization: string;
  readonly workspace: string;
}

/**
 * Reads the outputs from the platform's workspace.
 *
 * A plan works before the platform has been applied: the outputs are then unknown, not an error of a cross-stack
 * reference. List outputs are tokens of unknown length: join them with `join`, never loop over them.
 */
export function readPlatformOutputs(scope: Construct, id: string, state: PlatformState): PlatformOutputs {
  const remote = new DataTerraformRemoteState(scope, id, {
    hostname: state.hostname,
    organization: state.organization,
    workspaces: { name: state.workspace },
  });
  const entries = Object.entries(OUTPUTS).map(([name, { isList }]) => [
    name,
    isList ? tolist(remote.get(name)) : remote.getString(name),
  ]);
  return Object.fromEntries(entries);
}
