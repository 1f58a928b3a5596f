import type { S3BucketConfig } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import type { S3BucketLifecycleConfigurationRule } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { S3BucketReplicationConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-replication-configuration/index.js";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import type { PolicyStatement } from "../core/iam-policy.js";
import { type ObjectLock, PrivateBucket } from "../core/private-bucket.js";
import { backupBucketName, backupReplicaBucketName, backupReplicationRoleName } from "./names.js";
import { ReplicationRole } from "./replication-role.js";

export interface BackupStorageProps {
  /** Prefix of the bucket names, unique in the account. At most 32 characters. */
  readonly globalName: string;
  readonly account: AwsAccount;
  readonly kmsKeyArn: string;
  /** Provider of the DR region, and the KMS key of the replica bucket. */
  readonly replica: { readonly provider: TerraformProvider; readonly kmsKeyArn: string };
  /** Retention in days, during which Object Lock prevents deletion: 1 to 36,500. */
  readonly retentionDays: number;
  /** COMPLIANCE: no identity can delete a backup early. GOVERNANCE: identities with `s3:BypassGovernanceRetention` can, after a change of the bucket policy. */
  readonly objectLockMode: ObjectLock["mode"];
  /** Bucket and prefix of the server access logs. The bucket must be in the same region and allow S3's log delivery. */
  readonly accessLogs: { readonly bucketName: string; readonly prefix: string };
  /** Prefixes in the bucket. */
  readonly prefixes: readonly BackupPrefix[];
  /** Let Terraform delete the buckets with all backups. @default false */
  readonly forceDestroy?: boolean;
  /** Arguments of both buckets that replace those of this construct. @default none */
  readonly overrides?: Partial<S3BucketConfig>;
}

/** Prefix of a bucket whose objects expire at the end of the retention. */
export interface BackupPrefix {
  /** Without a trailing slash, such as `dumps`. */
  readonly name: string;
  /** Move objects to cheaper storage classes after 30 and 90 days. Only for large objects: S3 charges per transition. */
  readonly isArchived: boolean;
}

/** Longest retention that S3 Object Lock accepts, in days. */
const MAX_RETENTION_DAYS = 36_500;

/** Id of the replication rule, a dimension of its metrics. */
const REPLICATION_RULE = "to-the-recovery-region";

/** Days until transitions. S3 requires at least 30 days in STANDARD. */
const TO_INFREQUENT_ACCESS_DAYS = 30;
const TO_GLACIER_DAYS = 90;

/** Days until a noncurrent version is deleted, after the end of its lock. */
const NONCURRENT_DAYS = 30;

const REPLICATION_MINUTES = 15;

/**
 * Bucket for backups with Object Lock, encryption, and replication to the DR region within 15 minutes.
 *
 * All storage classes in use allow access within milliseconds. The archive classes are cheaper, but a restore from them
 * takes 12 to 48 hours.
 *
 * Delete markers are not replicated, so a deletion does not affect the replica. During the retention neither identities
 * nor lifecycle rules can delete a backup.
 */
export class BackupStorage extends Construct {
  readonly bucketName: string;
  readonly bucketArn: string;
  readonly replicaBucketName: string;
  readonly replicaBucketArn: string;
  /** Id of the replication rule, a dimension of S3's replication metrics. */
  readonly replicationRuleId = REPLICATION_RULE;

  constructor(scope: Construct, id: string, props: BackupStorageProps) {
    super(scope, id);
    this.validateRetention(props.retentionDays);
    const bucket = this.addBucket(props);
    const replica = this.addReplica(props);
    this.replicate(bucket, replica, props);
    this.bucketName = bucket.name;
    this.bucketArn = bucket.arn;
    this.replicaBucketName = replica.name;
    this.replicaBucketArn = replica.arn;
  }

  private addBucket(props: BackupStorageProps): PrivateBucket {
    return new PrivateBucket(this, "bucket", {
      ...shared(props, backupBucketName(props.globalName, props.account.accountId)),
      encryption: { kmsKeyArn: props.kmsKeyArn },
      accessLogs: props.accessLogs,
      lifecycleRules: [
        ...props.prefixes.map((prefix) =>
          prefix.isArchived ? archiveAndExpire(prefix, props) : expire(prefix, props),
        ),
        removeOrphanedMarkers,
      ],
    });
  }

  private addReplica(props: BackupStorageProps): PrivateBucket {
    return new PrivateBucket(this, "replica", {
      ...shared(props, backupReplicaBucketName(props.globalName, props.account.accountId)),
      provider: props.replica.provider,
      encryption: { kmsKeyArn: props.replica.kmsKeyArn },
      // Replication writes to GLACIER_IR, because the replica is read only in a region failover.
      lifecycleRules: [...props.prefixes.map((prefix) => expire(prefix, props)), removeOrphanedMarkers],
    });
  }

  private replicate(bucket: PrivateBucket, replica: PrivateBucket, props: BackupStorageProps): void {
    const role = new ReplicationRole(this, "replication", {
      name: backupReplicationRoleName(props.globalName),
      source: { bucketArn: bucket.arn, kmsKeyArn: props.kmsKeyArn },
      destination: { bucketArn: replica.arn, kmsKeyArn: props.replica.kmsKeyArn },
    });
    new S3BucketReplicationConfigurationA(this, "replication-rules", {
      bucket: bucket.resource.id,
      role: role.arn,
      rule: [
        {
          id: REPLICATION_RULE,
          status: "Enabled",
          priority: 0,
          filter: { prefix: "" },
          deleteMarkerReplication: { status: "Disabled" },
          sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
          destination: {
            bucket: replica.arn,
            storageClass: "GLACIER_IR",
            encryptionConfiguration: { replicaKmsKeyId: props.replica.kmsKeyArn },
            replicationTime: { status: "Enabled", time: { minutes: REPLICATION_MINUTES } },
            metrics: { status: "Enabled", eventThreshold: { minutes: REPLICATION_MINUTES } },
          },
        },
      ],
      // S3 requires versioning of both buckets.
      dependsOn: [bucket.versioning, replica.versioning].filter((versioning) => versioning !== undefined),
    });
  }

  private validateRetention(days: number): void {
    if (Number.isInteger(days) && days >= 1 && days <= MAX_RETENTION_DAYS) return;
    throw new Error(
      `${this.node.path}: retentionDays is ${days}. Use a whole number from 1 to ${MAX_RETENTION_DAYS}.`,
    );
  }
}

/** Properties of both buckets. */
function shared(props: BackupStorageProps, name: string) {
  const { account, forceDestroy, objectLockMode, overrides, retentionDays } = props;
  return {
    name,
    partition: account.partition,
    policy: [denyDelete(account.partition, name)],
    objectLock: { mode: objectLockMode, days: retentionDays },
    forceDestroy,
    overrides,
  };
}

type Retention = Pick<BackupStorageProps, "retentionDays">;

function expire({ name }: BackupPrefix, { retentionDays }: Retention): S3BucketLifecycleConfigurationRule {
  return {
    id: `expire-${name}`,
    status: "Enabled",
    filter: [{ prefix: `${name}/` }],
    expiration: [{ days: retentionDays }],
    noncurrentVersionExpiration: [{ noncurrentDays: NONCURRENT_DAYS }],
  };
}

/** S3 does not move objects below 128 KiB, such as manifests. */
function archiveAndExpire(prefix: BackupPrefix, retention: Retention): S3BucketLifecycleConfigurationRule {
  return {
    ...expire(prefix, retention),
    transition: [
      { days: TO_INFREQUENT_ACCESS_DAYS, storageClass: "STANDARD_IA" },
      { days: TO_GLACIER_DAYS, storageClass: "GLACIER_IR" },
    ],
  };
}

/** Removes expired object delete markers. S3 accepts this only in a separate rule. */
const removeOrphanedMarkers: S3BucketLifecycleConfigurationRule = {
  id: "remove-orphaned-delete-markers",
  status: "Enabled",
  filter: [{ prefix: "" }],
  expiration: [{ expiredObjectDeleteMarker: true }],
};

/**
 * Denies deletion of backups and changes of their locks to all identities. Lifecycle rules are not subject to bucket
 * policies. To delete a backup early, for example by court order, remove this statement first.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
 */
function denyDelete(partition: string, bucketName: string): PolicyStatement {
  return {
    sid: "DenyDelete",
    effect: "Deny",
    principals: "*",
    actions: [
      "s3:BypassGovernanceRetention",
      "s3:DeleteObject",
      "s3:DeleteObjectVersion",
      "s3:PutObjectRetention",
      "s3:ReplicateDelete",
    ],
    resources: [`arn:${partition}:s3:::${bucketName}/*`],
  };
}
