import { Cloudtrail } from "@cdktf/provider-aws/lib/cloudtrail/index.js";
import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias/index.js";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key/index.js";
import type { S3BucketConfig } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import { type PolicyStatement, policyDocument } from "../core/iam-policy.js";
import { PrivateBucket } from "../core/private-bucket.js";

export interface AuditTrailProps {
  /** Prefix of trail, key and bucket names, such as `notejam-bootstrap`. At most 44 characters. */
  readonly name: string;
  readonly account: AwsAccount;
  /** Retention of records in days. */
  readonly retentionDays: number;
  /** Days during which the deletion of the key can be cancelled, 7 to 30. @default 30 */
  readonly keyDeletionWindowDays?: number;
  /** Let Terraform delete the bucket with the records. @default false */
  readonly forceDestroy?: boolean;
  /** Arguments of the bucket that replace those of this construct. @default none */
  readonly overrides?: Partial<S3BucketConfig>;
}

const TO_GLACIER_DAYS = 90;

/**
 * CloudTrail trail of all regions, with log file validation, in an encrypted bucket.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html
 */
export class AuditTrail extends Construct {
  readonly trailArn: string;
  readonly bucketName: string;

  constructor(scope: Construct, id: string, props: AuditTrailProps) {
    super(scope, id);
    const trailName = `${props.name}-trail`;
    const trailArn = props.account.arn("cloudtrail", `trail/${trailName}`);
    const keyArn = this.addKey(trailArn, props);
    const bucket = this.addBucket(trailArn, keyArn, props);
    const trail = new Cloudtrail(this, "trail", {
      name: trailName,
      s3BucketName: bucket.name,
      kmsKeyId: keyArn,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      enableLogFileValidation: true,
      dependsOn: [bucket.policy],
    });
    this.trailArn = trail.arn;
    this.bucketName = bucket.name;
  }

  private addKey(trailArn: string, { account, keyDeletionWindowDays, name }: AuditTrailProps): string {
    const key = new KmsKey(this, "key", {
      description: `Audit trail of the account (${name})`,
      enableKeyRotation: true,
      deletionWindowInDays: keyDeletionWindowDays ?? 30,
      policy: policyDocument(keyPolicy(account, trailArn)),
    });
    new KmsAlias(this, "key-alias", { name: `alias/${name}-trail`, targetKeyId: key.keyId });
    return key.arn;
  }

  private addBucket(trailArn: string, kmsKeyArn: string, props: AuditTrailProps): PrivateBucket {
    const { account, retentionDays } = props;
    const name = `${props.name}-trail-${account.accountId}`;
    return new PrivateBucket(this, "bucket", {
      name,
      partition: account.partition,
      encryption: { kmsKeyArn },
      forceDestroy: props.forceDestroy,
      overrides: props.overrides,
      lifecycleRules: [
        {
          id: "expire-records",
          status: "Enabled",
          filter: [{ prefix: "" }],
          transition: [{ days: TO_GLACIER_DAYS, storageClass: "GLACIER_IR" }],
          expiration: [{ days: retentionDays }],
          noncurrentVersionExpiration: [{ noncurrentDays: retentionDays }],
        },
      ],
      policy: trailDelivery(`arn:${account.partition}:s3:::${name}`, trailArn, account),
    });
  }
}

/** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html */
function keyPolicy(account: AwsAccount, trailArn: string): PolicyStatement[] {
  const thisKey = ["*"];
  return [
    {
      sid: "EnableIamPolicies",
      principals: { AWS: [account.arn("iam", "root", { region: "" })] },
      actions: ["kms:*"],
      resources: thisKey,
    },
    {
      sid: "AllowCloudTrailEncrypt",
      principals: { Service: ["cloudtrail.amazonaws.com"] },
      actions: ["kms:GenerateDataKey*"],
      resources: thisKey,
      conditions: {
        StringEquals: { "aws:SourceArn": trailArn },
        StringLike: {
          "kms:EncryptionContext:aws:cloudtrail:arn": account.arn("cloudtrail", "trail/*", { region: "*" }),
        },
      },
    },
    {
      sid: "AllowCloudTrailDescribeKey",
      principals: { Service: ["cloudtrail.amazonaws.com"] },
      actions: ["kms:DescribeKey"],
      resources: thisKey,
      conditions: { StringEquals: { "aws:SourceArn": trailArn } },
    },
  ];
}

/** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html */
function trailDelivery(bucketArn: string, trailArn: string, account: AwsAccount): PolicyStatement[] {
  const principals = { Service: ["cloudtrail.amazonaws.com"] };
  return [
    {
      sid: "AllowCloudTrailGetBucketAcl",
      principals,
      actions: ["s3:GetBucketAcl"],
      resources: [bucketArn],
      conditions: { StringEquals: { "aws:SourceArn": trailArn } },
    },
    {
      sid: "AllowCloudTrailPutObject",
      principals,
      actions: ["s3:PutObject"],
      resources: [`${bucketArn}/AWSLogs/${account.accountId}/*`],
      conditions: {
        StringEquals: { "aws:SourceArn": trailArn, "s3:x-amz-acl": "bucket-owner-full-control" },
      },
    },
  ];
}
