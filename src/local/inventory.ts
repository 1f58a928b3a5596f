import Table from "cli-table3";
import { z } from "zod";

/**
 * Terraform's state file: the fields that are used. `terraform show -json` prints the same, but loads the provider first
 * (5 s), which is most of the time of a second start.
 */
const State = z.object({
  version: z.literal(4),
  outputs: z
    .record(z.string(), z.object({ value: z.unknown(), sensitive: z.boolean().default(false) }))
    .default({}),
  resources: z.array(
    z.object({
      mode: z.string(),
      type: z.string(),
      name: z.string(),
      instances: z.array(z.object({ attributes: z.record(z.string(), z.unknown()).default({}) })),
    }),
  ),
});
type StateResource = z.infer<typeof State>["resources"][number];

/** Resources of a stack in the emulated account. */
export interface Inventory {
  readonly stack: string;
  /** Number of resources by AWS service, largest first. */
  readonly services: readonly { readonly service: string; readonly count: number }[];
  readonly total: number;
  /** Important names and endpoints. */
  readonly landmarks: readonly { readonly what: string; readonly value: string }[];
}

/** Counts the resources of a stack. @param state content of the stack's Terraform state file */
export function takeInventory(stack: string, state: string): Inventory {
  const { resources } = State.parse(JSON.parse(state));
  const managed = resources.filter(({ mode }) => mode === "managed");
  const counts = new Map<string, number>();
  for (const { type, instances } of managed) {
    const service = serviceOf(type);
    counts.set(service, (counts.get(service) ?? 0) + instances.length);
  }
  const services = [...counts].map(([service, count]) => ({ service, count }));
  services.sort((a, b) => b.count - a.count || a.service.localeCompare(b.service));
  return {
    stack,
    services,
    total: services.reduce((sum, { count }) => sum + count, 0),
    landmarks: managed.flatMap(landmarksOf),
  };
}

/**
 * Returns a stack's outputs.
 *
 * @param state content of the stack's Terraform state file
 */
export function readOutputs(state: string): Readonly<Record<string, unknown>> {
  const { outputs } = State.parse(JSON.parse(state));
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}

/** AWS services by prefix of the resource type. The first match counts. */
const SERVICES: readonly (readonly [prefix: string, service: string])[] = [
  ["aws_acm", "Certificate Manager"],
  ["aws_appautoscaling", "Application Auto Scaling"],
  ["aws_autoscaling", "Auto Scaling"],
  ["aws_budgets", "Budgets"],
  ["aws_cloudtrail", "CloudTrail"],
  ["aws_cloudwatch_event", "EventBridge"],
  ["aws_cloudwatch_log", "CloudWatch Logs"],
  ["aws_cloudwatch", "CloudWatch"],
  ["aws_db_", "RDS"],
  ["aws_rds", "RDS"],
  ["aws_ecr", "ECR"],
  ["aws_eks", "EKS"],
  ["aws_iam", "IAM"],
  ["aws_kms", "KMS"],
  ["aws_lb", "Elastic Load Balancing"],
  ["aws_route53", "Route 53"],
  ["aws_s3", "S3"],
  ["aws_secretsmanager", "Secrets Manager"],
  ["aws_sns", "SNS"],
  ["aws_sqs", "SQS"],
  ["aws_wafv2", "WAF"],
  ["aws_ebs", "EC2"],
  ["aws_ec2", "EC2"],
  ["aws_launch_template", "EC2"],
  ["aws_default_", "VPC"],
  ["aws_eip", "VPC"],
  ["aws_egress_only", "VPC"],
  ["aws_flow_log", "VPC"],
  ["aws_internet_gateway", "VPC"],
  ["aws_nat_gateway", "VPC"],
  ["aws_network_acl", "VPC"],
  ["aws_route", "VPC"],
  ["aws_security_group", "VPC"],
  ["aws_subnet", "VPC"],
  ["aws_vpc", "VPC"],
];

/** Returns the AWS name of a resource type's service. */
export function serviceOf(type: string): string {
  const known = SERVICES.find(([prefix]) => type.startsWith(prefix));
  // Fallback for an unlisted service: aws_backup_vault → backup.
  return known?.[1] ?? type.replace(/^aws_/, "").split("_")[0] ?? type;
}

/** Attributes of resource types that are shown. None of them is sensitive. */
const LANDMARKS: Readonly<Record<string, readonly (readonly [what: string, attribute: string])[]>> = {
  aws_eks_cluster: [
    ["EKS cluster", "name"],
    ["EKS endpoint", "endpoint"],
  ],
  aws_rds_cluster: [
    ["Database, writer", "endpoint"],
    ["Database, reader", "reader_endpoint"],
  ],
  aws_lb: [["Load balancer", "dns_name"]],
  aws_route53_record: [],
  aws_acm_certificate: [["Certificate", "domain_name"]],
  aws_ecr_repository: [["Image repository", "repository_url"]],
  aws_s3_bucket: [["Bucket", "bucket"]],
  aws_secretsmanager_secret: [["Secret", "name"]],
  aws_wafv2_web_acl: [["Web ACL", "name"]],
  aws_vpc: [["VPC", "id"]],
  aws_cloudwatch_dashboard: [["Dashboard", "dashboard_name"]],
};

function landmarksOf({ type, instances }: StateResource): Inventory["landmarks"] {
  return (LANDMARKS[type] ?? []).flatMap(([what, attribute]) =>
    instances.flatMap(({ attributes }) => {
      const value = attributes[attribute];
      return typeof value === "string" && value !== "" ? [{ what, value }] : [];
    }),
  );
}

/** Formats the table of a local run's resources. */
export function renderInventory({ stack, services, total, landmarks }: Inventory): string {
  const counts = new Table({ head: [stack, "resources"], colAligns: ["left", "right"], style: PLAIN });
  counts.push(...services.map(({ service, count }) => [service, count]), ["total", total]);
  const names = new Table({ style: PLAIN });
  names.push(...landmarks.map(({ what, value }) => [what, value]));
  return landmarks.length === 0 ? counts.toString() : `${counts.toString()}\n${names.toString()}`;
}

/** No colors, so that the table is readable in a log. */
const PLAIN = { head: [], border: [], compact: true };
