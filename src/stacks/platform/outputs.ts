import { DataTerraformRemoteState, TerraformOutput, type TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { tolist } from "../../../modules/blocks/terraform-functions.js";

/**
 * The hand-over from `notejam-<env>` to `notejam-<env>-gitops`: every output, with what it is.
 *
 * Strings and lists of strings only, and never a secret: sensitive marks are lost on the way through remote state, and
 * whoever may read one workspace's outputs sees them all. Secrets travel by the name of their place in Secrets Manager.
 */
const OUTPUTS = {
  environment: "Name of the environment, such as prod",
  region: "AWS region that everything stands in",
  account_id: "AWS account, twelve digits",
  partition: "AWS partition: aws, aws-cn or aws-us-gov",
  vpc_id: "VPC",
  vpc_cidr: "Addresses of the VPC",
  public_subnet_cidrs: "Addresses that the load balancer's nodes speak from",
  database_subnet_cidrs: "Addresses of the database, for network policies",
  zones: "Availability zones in use",
  cluster_name: "EKS cluster",
  cluster_endpoint: "URL of the Kubernetes API",
  cluster_ca_certificate: "Certificate authority of the Kubernetes API, base64",
  cluster_version: "Kubernetes version, minor",
  alb_arn: "Load balancer that the controller adopts as ingress group `public`",
  alb_name: "Name of that load balancer",
  alb_dns_name: "Its DNS name",
  alb_security_group_id: "Its security group; its rules belong to Terraform",
  alb_tls_policy: "TLS policy of its HTTPS listener",
  certificate_arn: "Validated certificate for the host name",
  web_acl_arn: "WAF web ACL",
  access_logs_bucket: "Bucket for the load balancer's access logs",
  access_logs_prefix: "Prefix of the load balancer's logs in it",
  hosted_zone_id: "Route 53 zone",
  hosted_zone_name: "Its domain",
  host_name: "Host name that people open",
  repository_url: "ECR repository of the application's image",
  repository_name: "Its name",
  database_name: "PostgreSQL database",
  database_secret_name: "Secrets Manager secret with the application's own login",
  database_admin_secret_arn: "Secrets Manager secret with the master login, made and rotated by RDS",
  database_host: "Writer's host",
  database_reader_host: "Readers' host",
  backup_bucket: "Bucket of the dumps",
  backup_key_arn: "KMS key of the dumps",
  restore_bucket:
    "Bucket that notes are brought back from: a recovery copy's is the one that its first region sent to",
  loki_bucket: "Bucket of the cluster's logs",
  volume_key_arn: "KMS key of the nodes' disks and of the pods' volumes",
  grafana_secret_name: "Secrets Manager secret with Grafana's first user",
  slack_secret_name: "Secrets Manager secret with the token by which alerts speak to Slack",
  alerts_topic_arn: "SNS topic that pages people",
  github_actions_role_arn: "Role that a workflow assumes to push images",
} as const;

/** Outputs that are lists of strings; all others are strings. */
const LISTS = ["public_subnet_cidrs", "database_subnet_cidrs", "zones"] as const;

type OutputName = keyof typeof OUTPUTS;
type ListName = (typeof LISTS)[number];

/** The contract's values: one per output. */
export type PlatformOutputs = {
  readonly [Name in OutputName]: Name extends ListName ? readonly string[] : string;
};

/** Writes the platform's side of the contract. */
export function publishPlatformOutputs(stack: TerraformStack, values: PlatformOutputs): void {
  for (const name of outputNames()) {
    new TerraformOutput(stack, name, { value: values[name], description: OUTPUTS[name], staticId: true });
  }
}

/** Where a platform stack keeps its state. */
export interface PlatformState {
  readonly hostname: string;
  readonly organization: string;
  readonly workspace: string;
}

/**
 * Reads the contract from the platform's workspace, for the stack that follows it.
 *
 * A plan works before the platform has been applied: the outputs are then unknown, not an error of a cross-stack
 * reference. List outputs are tokens of unknown length; join them with `join`, never loop over them.
 */
export function readPlatformOutputs(scope: Construct, id: string, state: PlatformState): PlatformOutputs {
  const remote = new DataTerraformRemoteState(scope, id, {
    hostname: state.hostname,
    organization: state.organization,
    workspaces: { name: state.workspace },
  });
  const entries = outputNames().map((name) => [
    name,
    isList(name) ? tolist(remote.get(name)) : remote.getString(name),
  ]);
  return Object.fromEntries(entries);
}

function outputNames(): OutputName[] {
  return Object.keys(OUTPUTS).filter((name): name is OutputName => name in OUTPUTS);
}

function isList(name: OutputName): name is ListName {
  return LISTS.some((list) => list === name);
}
