import type { Finding, Rule } from "../refusal.js";
import { type Arguments, type Block, isTrue, nested, type StackView } from "../stack-view.js";

/** Says what about a block's encryption is not by our key; nothing when all is. */
type Check = (block: Arguments, stack: StackView, resource: Block) => readonly string[];

const NO_KEY = "is not encrypted by our key";

/** Refuses storage, logs and queues that are encrypted by a key of AWS's, or not at all. */
export const ourKey = {
  id: "our-key",
  why: "with a key of our own we decide who reads the data, see every use of the key, and can end all reading at once",
  remedy: "pass the ARN of the key for this use (modules/kms)",
  check: (stack) =>
    Object.entries(CHECKS).flatMap(([type, check]) =>
      stack
        .ofType(type)
        .flatMap((resource) => findingsOf(resource, check(resource.arguments, stack, resource))),
    ),
} satisfies Rule;

function findingsOf({ path, type }: Block, faults: readonly string[]): Finding[] {
  return faults.map((what) => ({ path, type, what }));
}

/** Whether an argument names a key, and none of those that AWS keeps for everybody. */
function isOurs(key: unknown): boolean {
  return typeof key === "string" && key !== "" && !/(^|:)alias\/aws\//.test(key);
}

function byKey(argument: string): Check {
  return (block) => (isOurs(block[argument]) ? [] : [NO_KEY]);
}

function byKeyAndSwitch(argument: string, onOff: string): Check {
  return (block) => (isOurs(block[argument]) && isTrue(block[onOff]) ? [] : [NO_KEY]);
}

const bucket: Check = (_block, stack, resource) => {
  const rules = stack
    .ofType("aws_s3_bucket_server_side_encryption_configuration")
    .filter((configuration) => stack.namesBucket(configuration.arguments.bucket, resource))
    .flatMap((configuration) => nested(configuration.arguments, "rule"))
    .flatMap((rule) => nested(rule, "apply_server_side_encryption_by_default"));
  const encrypted = rules.some(
    (rule) => String(rule.sse_algorithm).startsWith("aws:kms") && isOurs(rule.kms_master_key_id),
  );
  return encrypted ? [] : [NO_KEY];
};

const launchTemplate: Check = (block) => {
  const volumes = nested(block, "block_device_mappings").flatMap((mapping) => nested(mapping, "ebs"));
  if (volumes.length === 0) return ["leaves its volumes to the image, which encrypts by no key of ours"];
  return volumes.every((volume) => isTrue(volume.encrypted) && isOurs(volume.kms_key_id))
    ? []
    : ["has a volume that is not encrypted by our key"];
};

const instance: Check = (block) => {
  const volumes = [...nested(block, "root_block_device"), ...nested(block, "ebs_block_device")];
  const encrypted = volumes.every((volume) => isTrue(volume.encrypted) && isOurs(volume.kms_key_id));
  return encrypted && nested(block, "root_block_device").length > 0
    ? []
    : ["has a volume that is not encrypted by our key"];
};

const database: Check = (block) => [
  ...(isTrue(block.storage_encrypted) && isOurs(block.kms_key_id) ? [] : [NO_KEY]),
  ...performanceInsights(block),
  ...(isTrue(block.manage_master_user_password) && !isOurs(block.master_user_secret_kms_key_id)
    ? ["keeps the master password in a secret that is not encrypted by our key"]
    : []),
];

function performanceInsights(block: Arguments): string[] {
  return isTrue(block.performance_insights_enabled) && !isOurs(block.performance_insights_kms_key_id)
    ? ["keeps Performance Insights, with texts of queries, under a key that is not ours"]
    : [];
}

const secret: Check = (block) => [
  ...(isOurs(block.kms_key_id) ? [] : [NO_KEY]),
  ...(nested(block, "replica").every((replica) => isOurs(replica.kms_key_id))
    ? []
    : ["has a replica that is not encrypted by our key"]),
];

const cluster: Check = (block) =>
  nested(block, "encryption_config")
    .flatMap((config) => nested(config, "provider"))
    .some((provider) => isOurs(provider.key_arn))
    ? []
    : ["keeps Kubernetes Secrets under a key that is not ours"];

const CHECKS: Readonly<Record<string, Check>> = {
  aws_s3_bucket: bucket,
  aws_ebs_volume: byKeyAndSwitch("kms_key_id", "encrypted"),
  aws_launch_template: launchTemplate,
  aws_instance: instance,
  aws_efs_file_system: byKeyAndSwitch("kms_key_id", "encrypted"),
  aws_rds_cluster: database,
  aws_rds_cluster_instance: performanceInsights,
  aws_db_instance: database,
  aws_dynamodb_table: (block) =>
    nested(block, "server_side_encryption").some((sse) => isTrue(sse.enabled) && isOurs(sse.kms_key_arn))
      ? []
      : [NO_KEY],
  aws_elasticache_replication_group: byKeyAndSwitch("kms_key_id", "at_rest_encryption_enabled"),
  aws_ecr_repository: (block) =>
    nested(block, "encryption_configuration").some(
      (encryption) => String(encryption.encryption_type).startsWith("KMS") && isOurs(encryption.kms_key),
    )
      ? []
      : [NO_KEY],
  aws_eks_cluster: cluster,
  aws_secretsmanager_secret: secret,
  aws_ssm_parameter: (block) => (block.type !== "SecureString" || isOurs(block.key_id) ? [] : [NO_KEY]),
  aws_sns_topic: byKey("kms_master_key_id"),
  aws_sqs_queue: byKey("kms_master_key_id"),
  aws_kinesis_stream: byKey("kms_key_id"),
  aws_cloudwatch_log_group: byKey("kms_key_id"),
  aws_cloudtrail: byKey("kms_key_id"),
  aws_backup_vault: byKey("kms_key_arn"),
};
