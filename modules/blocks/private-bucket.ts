import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import type { S3BucketLifecycleConfigurationRule } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { S3BucketLoggingA } from "@cdktf/provider-aws/lib/s3-bucket-logging/index.js";
import { S3BucketObjectLockConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-object-lock-configuration/index.js";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls/index.js";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy/index.js";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning/index.js";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { type PolicyStatement, policyDocument } from "./iam-policy.js";

/** With our key, or with S3's own and the reason why ours cannot be used. */
export type BucketEncryption = { readonly kmsKeyArn: string } | { readonly sseS3Because: string };

export interface ObjectLock {
  /** GOVERNANCE: a privileged identity may lift it. COMPLIANCE: nobody may, the account's root included. */
  readonly mode: "GOVERNANCE" | "COMPLIANCE";
  /** How long a new object version cannot be deleted, in days. */
  readonly days: number;
}

export interface PrivateBucketProps {
  /** Bucket names are unique over all accounts of a partition: carry environment, region and account id. At most 63 characters. */
  readonly name: string;
  /** `aws`, `aws-cn` or `aws-us-gov` (`AwsAccount.partition`). */
  readonly partition: string;
  readonly encryption: BucketEncryption;
  /** What moves or expires objects. The rule that aborts unfinished uploads after 7 days is always added. */
  readonly lifecycleRules: readonly S3BucketLifecycleConfigurationRule[];
  /** @default true; Object Lock demands it */
  readonly versioned?: boolean;
  /** Default retention of new object versions. Can only be switched on when the bucket is made. @default none */
  readonly objectLock?: ObjectLock;
  /** Where S3 writes who read or wrote what. @default no access logs */
  readonly accessLogs?: { readonly bucketName: string; readonly prefix: string };
  /** Further statements of the bucket's policy, beside the denials that every bucket has. @default none */
  readonly policy?: readonly PolicyStatement[];
  /** Let Terraform delete the bucket with everything in it. @default false */
  readonly forceDestroy?: boolean;
  /** @default the stack's default AWS provider */
  readonly provider?: TerraformProvider;
}

const ABORT_UNFINISHED_UPLOADS_AFTER_DAYS = 7;

/**
 * A bucket that nobody outside can reach: public access blocked four ways, no ACLs, TLS 1.2 or newer only, encrypted
 * by the key it was given and by no other, versioned, with a lifecycle.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
 */
export class PrivateBucket extends Construct {
  readonly name: string;
  readonly arn: string;
  readonly resource: S3Bucket;
  /** What else must exist before another service (replication, say) may be configured on the bucket. */
  readonly versioning?: S3BucketVersioningA;
  /** The bucket's policy; wait for it before a service that it admits starts to write. */
  readonly policy: S3BucketPolicy;

  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id);
    const { provider } = props;
    this.resource = new S3Bucket(this, "bucket", {
      provider,
      bucket: props.name,
      forceDestroy: props.forceDestroy ?? false,
      objectLockEnabled: props.objectLock ? true : undefined,
    });
    this.name = this.resource.bucket;
    this.arn = this.resource.arn;
    this.blockPublicAccess(provider);
    this.encrypt(props.encryption, provider);
    if (props.versioned ?? true) this.versioning = this.keepVersions(provider);
    if (props.objectLock) this.lock(props.objectLock, provider);
    this.addLifecycle(props.lifecycleRules, provider);
    if (props.accessLogs) this.logAccess(props.accessLogs, provider);
    this.policy = this.attachPolicy(props);
  }

  private blockPublicAccess(provider?: TerraformProvider): void {
    new S3BucketPublicAccessBlock(this, "public-access-block", {
      provider,
      bucket: this.resource.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketOwnershipControls(this, "ownership", {
      provider,
      bucket: this.resource.id,
      rule: { objectOwnership: "BucketOwnerEnforced" },
    });
  }

  private encrypt(encryption: BucketEncryption, provider?: TerraformProvider): void {
    const byDefault =
      "kmsKeyArn" in encryption
        ? { sseAlgorithm: "aws:kms", kmsMasterKeyId: encryption.kmsKeyArn }
        : { sseAlgorithm: "AES256" };
    new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      provider,
      bucket: this.resource.id,
      rule: [{ applyServerSideEncryptionByDefault: byDefault, bucketKeyEnabled: "kmsKeyArn" in encryption }],
    });
  }

  private keepVersions(provider?: TerraformProvider): S3BucketVersioningA {
    return new S3BucketVersioningA(this, "versioning", {
      provider,
      bucket: this.resource.id,
      versioningConfiguration: { status: "Enabled" },
    });
  }

  private lock(objectLock: ObjectLock, provider?: TerraformProvider): void {
    if (!this.versioning) {
      throw new Error(
        `${this.node.path}: Object Lock works on versioned buckets only; leave out "versioned: false".`,
      );
    }
    new S3BucketObjectLockConfigurationA(this, "object-lock", {
      provider,
      bucket: this.resource.id,
      rule: { defaultRetention: { mode: objectLock.mode, days: objectLock.days } },
      dependsOn: [this.versioning],
    });
  }

  private addLifecycle(
    rules: readonly S3BucketLifecycleConfigurationRule[],
    provider?: TerraformProvider,
  ): void {
    const abortUnfinishedUploads: S3BucketLifecycleConfigurationRule = {
      id: "abort-unfinished-uploads",
      status: "Enabled",
      filter: [{ prefix: "" }],
      abortIncompleteMultipartUpload: [{ daysAfterInitiation: ABORT_UNFINISHED_UPLOADS_AFTER_DAYS }],
    };
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      provider,
      bucket: this.resource.id,
      rule: [...rules, abortUnfinishedUploads],
      // Rules on noncurrent versions are refused while versioning is still being switched on.
      dependsOn: this.versioning ? [this.versioning] : undefined,
    });
  }

  private logAccess(target: { bucketName: string; prefix: string }, provider?: TerraformProvider): void {
    new S3BucketLoggingA(this, "access-logs", {
      provider,
      bucket: this.resource.id,
      targetBucket: target.bucketName,
      targetPrefix: target.prefix,
    });
  }

  private attachPolicy(props: PrivateBucketProps): S3BucketPolicy {
    const statements = [...this.denials(props), ...(props.policy ?? [])];
    return new S3BucketPolicy(this, "policy", {
      provider: props.provider,
      bucket: this.resource.id,
      policy: policyDocument(statements),
    });
  }

  private denials({ name, partition, encryption }: PrivateBucketProps): PolicyStatement[] {
    const bucketArn = `arn:${partition}:s3:::${name}`;
    const everything = [bucketArn, `${bucketArn}/*`];
    const denials: PolicyStatement[] = [
      {
        sid: "DenyPlainHttp",
        effect: "Deny",
        principals: "*",
        actions: ["s3:*"],
        resources: everything,
        conditions: { Bool: { "aws:SecureTransport": "false" } },
      },
      {
        sid: "DenyOldTls",
        effect: "Deny",
        principals: "*",
        actions: ["s3:*"],
        resources: everything,
        conditions: { NumericLessThan: { "s3:TlsVersion": "1.2" } },
      },
    ];
    if ("kmsKeyArn" in encryption) {
      const ours = { "s3:x-amz-server-side-encryption-aws-kms-key-id": encryption.kmsKeyArn };
      denials.push(
        denyUploads("DenyAnotherKey", bucketArn, ours),
        denyUploads("DenyAnotherCipher", bucketArn, { "s3:x-amz-server-side-encryption": "aws:kms" }),
      );
    }
    return denials;
  }
}

/** Refuses uploads whose header says something else. One without the header gets the bucket's default, which is right. */
function denyUploads(
  sid: string,
  bucketArn: string,
  expected: Readonly<Record<string, string>>,
): PolicyStatement {
  const stated = Object.fromEntries(Object.keys(expected).map((header) => [header, "false"]));
  return {
    sid,
    effect: "Deny",
    principals: "*",
    actions: ["s3:PutObject"],
    resources: [`${bucketArn}/*`],
    // A negated operator is true for a header that is absent, so absence has to be excluded by name.
    conditions: { StringNotEquals: expected, Null: stated },
  };
}
