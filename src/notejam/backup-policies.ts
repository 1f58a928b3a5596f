import type { PolicyStatement } from "@notejam/constructs/core/iam-policy";
import { useKeyForBucket } from "@notejam/constructs/iam/policies/bucket-key";
import { BACKUP_METRICS_NAMESPACE, DUMPS_PREFIX, RESTORE_TESTS_PREFIX } from "./backup-names.js";

/**
 * Returns the permissions of the backup job: write dumps and manifests, list dumps and restore tests, report metrics.
 * The job can neither read nor delete, so stolen credentials give access to no notes and destroy no backup.
 */
export function backupWriter(bucketArn: string, keyArn: string): PolicyStatement[] {
  return [
    {
      sid: "WriteDumps",
      actions: ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"],
      resources: [`${bucketArn}/${DUMPS_PREFIX}/*`],
    },
    listBackups(bucketArn, ["s3:ListBucket"]),
    // S3 decrypts the parts of a multipart upload to assemble the object.
    useKeyForBucket(bucketArn, keyArn, ["kms:Decrypt", "kms:GenerateDataKey"]),
    PUT_BACKUP_METRICS,
  ];
}

/**
 * Returns the permissions of restore and restore test: read dumps, including versions hidden by a delete marker, write
 * the results of restore tests, report metrics. They cannot write a dump.
 */
export function backupReader(bucketArn: string, keyArn: string): PolicyStatement[] {
  return [
    readDumps(bucketArn),
    {
      sid: "WriteRestoreTests",
      actions: ["s3:PutObject"],
      resources: [`${bucketArn}/${RESTORE_TESTS_PREFIX}/*`],
    },
    listBackups(bucketArn, ["s3:ListBucket", "s3:ListBucketVersions"]),
    useKeyForBucket(bucketArn, keyArn, ["kms:Decrypt", "kms:GenerateDataKey"]),
    PUT_BACKUP_METRICS,
  ];
}

/** Returns the permissions to read dumps in a replica bucket, including versions hidden by a delete marker. */
export function dumpReader(bucketArn: string, keyArn: string): PolicyStatement[] {
  return [
    readDumps(bucketArn),
    listBackups(bucketArn, ["s3:ListBucket", "s3:ListBucketVersions"]),
    useKeyForBucket(bucketArn, keyArn, ["kms:Decrypt"]),
  ];
}

function readDumps(bucketArn: string): PolicyStatement {
  return {
    sid: "ReadDumps",
    actions: ["s3:GetObject", "s3:GetObjectVersion"],
    resources: [`${bucketArn}/${DUMPS_PREFIX}/*`],
  };
}

function listBackups(bucketArn: string, actions: readonly string[]): PolicyStatement {
  return {
    sid: "ListBackups",
    actions,
    resources: [bucketArn],
    conditions: { StringLike: { "s3:prefix": [`${DUMPS_PREFIX}/*`, `${RESTORE_TESTS_PREFIX}/*`] } },
  };
}

const PUT_BACKUP_METRICS: PolicyStatement = {
  sid: "PutBackupMetrics",
  actions: ["cloudwatch:PutMetricData"],
  // PutMetricData does not support resource-level permissions. The namespace limits it instead:
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
  resources: ["*"],
  conditions: { StringEquals: { "cloudwatch:namespace": BACKUP_METRICS_NAMESPACE } },
};
