import type { Rule, Violation } from "../rule.js";
import { type Arguments, type Block, isTrue, nested, type StackView } from "../stack-view.js";

/** Returns the violations of a block: each part that is not encrypted with a customer managed key. */
type Check = (block: Arguments, stack: StackView, resource: Block) => readonly string[];

const NO_KEY = "is not encrypted with a customer managed key";

/** Storage, logs and queues must be encrypted with a customer managed key, not with an AWS managed one. */
export const customerManagedKey = {
  id: "customer-managed-key",
  reason:
    "the key policy of a customer managed key controls who can read the data, and CloudTrail logs each use",
  hint: "pass the ARN of the key for this use (modules/kms)",
  check: (stack) =>
    Object.entries(CHECKS).flatMap(([type, check]) =>
      stack
        .ofType(type)
        .flatMap((block): Violation[] =>
          check(block.arguments, stack, block).map((summary) => ({ block, summary })),
        ),
    ),
} satisfies Rule;

/** Returns whether an argument is a key that is not an AWS managed one. */
function isCustomerManaged(key: unknown): boolean {
  return typeof key === "string" && key !== "" && !/(^|:)alias\/aws\//.test(key);
}

function byKey(argument: string): Check {
  return (block) => (isCustomerManaged(block[argument]) ? [] : [NO_KEY]);
}

function byKeyIfEnabled(argument: string, enabled: string): Check {
  return (block) => (isCustomerManaged(block[argument]) && isTrue(block[enabled]) ? [] : [NO_KEY]);
}

const bucket: Check = (_block, stack, resource) => {
  const rules = stack
    .ofType("aws_s3_bucket_server_side_encryption_configuration")
    .filter((configuration) => stack.namesBucket(configuration.arguments.bucket, resource))
    .flatMap((configuration) => nested(configuration.arguments, "rule"))
    .flatMap((rule) => nested(rule, "apply_server_side_encryption_by_default"));
  const encrypted = rules.some(
    (rule) => String(rule.sse_algorithm).startsWith("aws:kms") && isCustomerManaged(rule.kms_master_key_id),
  );
  return encrypted ? [] : [NO_KEY];
};

const launchTemplate: Check = (block) => {
  const volumes = nested(block, "block_device_mappings").flatMap((mapping) => nested(mapping, "ebs"));
  if (volumes.length === 0) return ["does not configure the encryption of its volumes"];
  return volumes.every((volume) => isTrue(volume.encrypted) && isCustomerManaged(volume.kms_key_id))
    ? []
    : ["has a volume that is not encrypted with a customer managed key"];
};

const instance: Check = (block) => {
  const volumes = [...nested(block, "root_block_device"), ...nested(block, "ebs_block_device")];
  const encrypted = volumes.every(
    (volume) => isTrue(volume.encrypted) && isCustomerManaged(volume.kms_key_id),
  );
  return encrypted && nested(block, "root_block_device").length > 0
    ? []
    : ["has a volume that is not encrypted with a customer managed key"];
};

const database: Check = (block) => [
  ...(isTrue(block.storage_encrypted) && isCustomerManaged(block.kms_key_id) ? [] : [NO_KEY]),
  ...performanceInsights(block),
  ...(isTrue(block.manage_master_user_password) && !isCustomerManaged(block.master_user_secret_kms_key_id)
    ? ["stores the master password in a secret that is not encrypted with a customer managed key"]
    : []),
];

function performanceInsights(block: Arguments): string[] {
  return isTrue(block.performance_insights_enabled) &&
    !isCustomerManaged(block.performance_insights_kms_key_id)
    ? ["does not encrypt Performance Insights, which contain SQL, with a customer managed key"]
    : [];
}

const secret: Check = (block) => [
  ...(isCustomerManaged(block.kms_key_id) ? [] : [NO_KEY]),
  ...(nested(block, "replica").every((replica) => isCustomerManaged(replica.kms_key_id))
    ? []
    : ["has a replica that is not encrypted with a customer managed key"]),
];

const cluster: Check = (block) =>
  nested(block, "encryption_config")
    .flatMap((config) => nested(config, "provider"))
    .some((provider) => isCustomerManaged(provider.key_arn))
    ? []
    : ["does not encrypt Kubernetes Secrets with a customer managed key"];

const CHECKS: Readonly<Record<string, Check>> = {
  aws_s3_bucket: bucket,
  aws_ebs_volume: byKeyIfEnabled("kms_key_id", "encrypted"),
  aws_launch_template: launchTemplate,
  aws_instance: instance,
  aws_efs_file_system: byKeyIfEnabled("kms_key_id", "encrypted"),
  aws_rds_cluster: database,
  aws_rds_cluster_instance: performanceInsights,
  aws_db_instance: database,
  aws_dynamodb_table: (block) =>
    nested(block, "server_side_encryption").some(
      (sse) => isTrue(sse.enabled) && isCustomerManaged(sse.kms_key_arn),
    )
      ? []
      : [NO_KEY],
  aws_elasticache_replication_group: byKeyIfEnabled("kms_key_id", "at_rest_encryption_enabled"),
  aws_ecr_repository: (block) =>
    nested(block, "encryption_configuration").some(
      (encryption) =>
        String(encryption.encryption_type).startsWith("KMS") && isCustomerManaged(encryption.kms_key),
    )
      ? []
      : [NO_KEY],
  aws_eks_cluster: cluster,
  aws_secretsmanager_secret: secret,
  aws_ssm_parameter: (block) =>
    block.type !== "SecureString" || isCustomerManaged(block.key_id) ? [] : [NO_KEY],
  aws_sns_topic: byKey("kms_master_key_id"),
  aws_sqs_queue: byKey("kms_master_key_id"),
  aws_kinesis_stream: byKey("kms_key_id"),
  aws_cloudwatch_log_group: byKey("kms_key_id"),
  aws_cloudtrail: byKey("kms_key_id"),
  aws_backup_vault: byKey("kms_key_arn"),
};
