import { accessLogsBucketName } from "@notejam/constructs/access-logs/names";
import { backupBucketName } from "@notejam/constructs/backup-storage/names";
import { lokiBucketName } from "@notejam/constructs/log-storage/names";
import { alertsTopicName } from "@notejam/constructs/observability/names";
import type { Names } from "../config/names.js";

interface Place {
  readonly names: Names;
  readonly region: string;
}

const ACCOUNT = "123456789012";
const UUID = "00000000-0000-4000-8000-000000000000";

/** Placeholders, in AWS's formats, for values that AWS chooses during an apply. */
const OUTPUTS: Readonly<Record<string, (place: Place) => string>> = {
  access_logs_bucket: ({ names }) => accessLogsBucketName(names.globalName, ACCOUNT),
  account_id: () => ACCOUNT,
  alb_security_group_id: () => "sg-0123456789abcdef0",
  alerts_topic_arn: ({ names, region }) => `arn:aws:sns:${region}:${ACCOUNT}:${alertsTopicName(names.name)}`,
  backup_bucket: ({ names }) => backupBucketName(names.globalName, ACCOUNT),
  backup_key_arn: ({ region }) => key(region),
  certificate_arn: ({ region }) => `arn:aws:acm:${region}:${ACCOUNT}:certificate/${UUID}`,
  cluster_name: ({ names }) => names.clusterName,
  database_name: () => "notejam",
  database_admin_secret_arn: ({ region }) =>
    `arn:aws:secretsmanager:${region}:${ACCOUNT}:secret:rds!cluster-${UUID}-AbCdEf`,
  hosted_zone_id: () => "Z0123456789ABCDEFGHIJ",
  loki_bucket: ({ names }) => lokiBucketName(names.globalName, ACCOUNT),
  restore_bucket: ({ names }) => backupBucketName(names.globalName, ACCOUNT),
  repository_url: ({ names, region }) =>
    `${ACCOUNT}.dkr.ecr.${region}.amazonaws.com/${names.imageRepository}`,
  volume_key_arn: ({ region }) => key(region),
  vpc_id: () => "vpc-0123456789abcdef0",
  web_acl_arn: ({ names, region }) =>
    `arn:aws:wafv2:${region}:${ACCOUNT}:regional/webacl/${names.name}/${UUID}`,
};

const key = (region: string) => `arn:aws:kms:${region}:${ACCOUNT}:key/${UUID}`;

/**
 * Returns a placeholder for a platform output that is known only after apply.
 *
 * @throws Error for an output without a placeholder
 */
export function plausibleOutput(name: string, place: Place): string {
  const output = OUTPUTS[name];
  if (output === undefined) {
    throw new Error(
      `The platform's output ${name} is known only after apply. Add a placeholder to src/manifests/plausible-outputs.ts.`,
    );
  }
  return output(place);
}
