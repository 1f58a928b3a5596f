import type { S3BucketLifecycleConfigurationRule } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { S3BucketReplicationConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-replication-configuration/index.js";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import type { PolicyStatement } from "../blocks/iam-policy.js";
import { type ObjectLock, PrivateBucket } from "../blocks/private-bucket.js";
import { backupBucketName, backupReplicaBucketName, backupReplicationRoleName } from "./names.js";
import { ReplicationRole } from "./replication-role.js";

export interface BackupStorageProps {
  /** What the buckets' names start with; unique over the account's regions, at most 32 characters. */
  readonly globalName: string;
  readonly account: AwsAccount;
  readonly kmsKeyArn: string;
  /** The recovery region and the key of the copies there. */
  readonly replica: { readonly provider: TerraformProvider; readonly kmsKeyArn: string };
  /** Days that every dump is kept and cannot be deleted: 1,095 (three years) or more. */
  readonly retentionDays: number;
  /** COMPLIANCE: nobody can delete a dump early, the account's owner included. GOVERNANCE: who is allowed to lift locks can, after the bucket's policy has been changed. */
  readonly objectLockMode: ObjectLock["mode"];
  /** Where S3 writes who read or wrote: a bucket of this region that admits S3's log delivery below the prefix. */
  readonly accessLogs: { readonly bucketName: string; readonly prefix: string };
  /** Let Terraform delete the buckets with every dump in them. @default false */
  readonly forceDestroy?: boolean;
}

/** The business keeps notes for three years. */
const LEAST_RETENTION_DAYS = 1095;

/** Dumps, each with its manifest. */
const DUMPS = "dumps";
/** Notes that a dump could be restored, kept as long as dumps are. */
const RESTORE_TESTS = "restore-tests";

/** The rule that copies, by the name that its metrics have. */
const REPLICATION_RULE = "to-the-recovery-region";

/** Days after which dumps move on; S3 demands 30 in STANDARD before the first. */
const TO_INFREQUENT_ACCESS_DAYS = 30;
const TO_GLACIER_DAYS = 90;

/** A deleted or overwritten version goes this long after its lock has ended. */
const NONCURRENT_DAYS = 30;

const REPLICATION_MINUTES = 15;

/**
 * Database dumps for three years, locked, encrypted, and copied to the recovery region within a quarter of an hour.
 *
 * All storage classes on the way answer in milliseconds. The archive classes below them are cheaper still, but a dump
 * would have to be asked for 12 to 48 hours before it is needed: too late for whoever needs it.
 *
 * A deletion here is not repeated there (delete markers are not replicated), and what a lock protects is removed by
 * neither a person nor the lifecycle before its time: test/backup-retention.test.ts lives through three years of it.
 */
export class BackupStorage extends Construct {
  readonly bucketName: string;
  readonly bucketArn: string;
  readonly replicaBucketName: string;
  readonly replicaBucketArn: string;
  /** The rule's name among the dimensions of S3's replication metrics. */
  readonly replicationRuleId = REPLICATION_RULE;

  constructor(scope: Construct, id: string, props: BackupStorageProps) {
    super(scope, id);
    this.refuseShortRetention(props.retentionDays);
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
        coolDownAndExpire(DUMPS, props.retentionDays),
        expire(RESTORE_TESTS, props.retentionDays),
        removeOrphanedMarkers,
      ],
    });
  }

  private addReplica(props: BackupStorageProps): PrivateBucket {
    return new PrivateBucket(this, "replica", {
      ...shared(props, backupReplicaBucketName(props.globalName, props.account.accountId)),
      provider: props.replica.provider,
      encryption: { kmsKeyArn: props.replica.kmsKeyArn },
      // Copies arrive in GLACIER_IR: they are read when the region is lost, and in drills.
      lifecycleRules: [
        expire(DUMPS, props.retentionDays),
        expire(RESTORE_TESTS, props.retentionDays),
        removeOrphanedMarkers,
      ],
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
      // S3 replicates between versioned buckets only, and checks it when this is made.
      dependsOn: [bucket.versioning, replica.versioning].filter((versioning) => versioning !== undefined),
    });
  }

  private refuseShortRetention(days: number): void {
    if (Number.isInteger(days) && days >= LEAST_RETENTION_DAYS) return;
    throw new Error(
      `${this.node.path}: retentionDays is ${days}; notes are kept for three years, so give a whole number ` +
        `of ${LEAST_RETENTION_DAYS} or more.`,
    );
  }
}

/** What both buckets have in common. */
function shared(props: BackupStorageProps, name: string) {
  const { account, forceDestroy, objectLockMode, retentionDays } = props;
  return {
    name,
    partition: account.partition,
    policy: [nobodyDeletes(account.partition, name)],
    objectLock: { mode: objectLockMode, days: retentionDays },
    forceDestroy,
  };
}

function expire(what: string, retentionDays: number): S3BucketLifecycleConfigurationRule {
  return {
    id: `expire-${what}`,
    status: "Enabled",
    filter: [{ prefix: `${what}/` }],
    expiration: [{ days: retentionDays }],
    noncurrentVersionExpiration: [{ noncurrentDays: NONCURRENT_DAYS }],
  };
}

/** Manifests stay where they are: S3 moves nothing below 128 KiB on, which would cost more than it saves. */
function coolDownAndExpire(what: string, retentionDays: number): S3BucketLifecycleConfigurationRule {
  return {
    ...expire(what, retentionDays),
    transition: [
      { days: TO_INFREQUENT_ACCESS_DAYS, storageClass: "STANDARD_IA" },
      { days: TO_GLACIER_DAYS, storageClass: "GLACIER_IR" },
    ],
  };
}

/** What an expiry leaves: a marker that hides nothing any more. S3 takes this in a rule of its own only. */
const removeOrphanedMarkers: S3BucketLifecycleConfigurationRule = {
  id: "remove-orphaned-delete-markers",
  status: "Enabled",
  filter: [{ prefix: "" }],
  expiration: [{ expiredObjectDeleteMarker: true }],
};

/**
 * Nobody deletes a backup or lifts its lock, whatever rights he has been given; only the lifecycle does, which no policy
 * binds. Who has to delete one early (a court's order, say) takes this statement away first, where everybody sees it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
 */
function nobodyDeletes(partition: string, bucketName: string): PolicyStatement {
  return {
    sid: "NobodyDeletes",
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
