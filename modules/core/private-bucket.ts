import { S3Bucket, type S3BucketConfig } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
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

/** Encryption with a customer managed key, or with S3 managed keys (SSE-S3) and the reason for it. */
export type BucketEncryption = { readonly kmsKeyArn: string } | { readonly sseS3Because: string };

export interface ObjectLock {
  /** GOVERNANCE: identities with `s3:BypassGovernanceRetention` can delete. COMPLIANCE: no identity can, not even root. */
  readonly mode: "GOVERNANCE" | "COMPLIANCE";
  /** Retention of new object versions in days. */
  readonly days: number;
}

export interface PrivateBucketProps {
  /** Globally unique name, with environment, region and account id. At most 63 characters. */
  readonly name: string;
  /** `aws`, `aws-cn` or `aws-us-gov` (`AwsAccount.partition`). */
  readonly partition: string;
  /** Customer managed key, or SSE-S3 with a reason. */
  readonly encryption: BucketEncryption;
  /** Lifecycle rules. A rule that aborts incomplete multipart uploads after 7 days is always added. */
  readonly lifecycleRules: readonly S3BucketLifecycleConfigurationRule[];
  /** Versioning. Object Lock requires it. @default true */
  readonly versioned?: boolean;
  /** Default retention of new object versions. Can be enabled only at creation. @default none */
  readonly objectLock?: ObjectLock;
  /** Bucket and prefix of the server access logs. @default no access logs */
  readonly accessLogs?: { readonly bucketName: string; readonly prefix: string };
  /** Statements of the bucket policy, in addition to the denials of every bucket. @default none */
  readonly policy?: readonly PolicyStatement[];
  /** Let Terraform delete the bucket with all objects. @default false */
  readonly forceDestroy?: boolean;
  /** AWS provider. @default the stack's default AWS provider */
  readonly provider?: TerraformProvider;
  /** Arguments of the bucket that replace those of this construct. @default none */
  readonly overrides?: Partial<S3BucketConfig>;
}

const ABORT_UNFINISHED_UPLOADS_AFTER_DAYS = 7;

/**
 * S3 bucket without public access: all public access blocked, no ACLs, TLS 1.2 or newer, encrypted with one key,
 * versioned, with a lifecycle.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
 */
export class PrivateBucket extends Construct {
  readonly name: string;
  readonly arn: string;
  readonly resource: S3Bucket;
  /** Dependency of features that require versioning, such as replication. Undefined without versioning. */
  readonly versioning?: S3BucketVersioningA;
  /** Bucket policy: a dependency of services that write to the bucket. */
  readonly policy: S3BucketPolicy;

  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id);
    const { provider } = props;
    this.resource = new S3Bucket(this, "bucket", {
      provider,
      bucket: props.name,
      forceDestroy: props.forceDestroy ?? false,
      objectLockEnabled: props.objectLock ? true : undefined,
      ...props.overrides,
    });
    this.name = this.resource.bucket;
    this.arn = this.resource.arn;
    this.blockPublicAccess(provider);
    this.encrypt(props.encryption, provider);
    if (props.versioned ?? true) this.versioning = this.enableVersioning(provider);
    if (props.objectLock) this.enableObjectLock(props.objectLock, provider);
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

  private enableVersioning(provider?: TerraformProvider): S3BucketVersioningA {
    return new S3BucketVersioningA(this, "versioning", {
      provider,
      bucket: this.resource.id,
      versioningConfiguration: { status: "Enabled" },
    });
  }

  private enableObjectLock(objectLock: ObjectLock, provider?: TerraformProvider): void {
    if (!this.versioning) {
      throw new Error(`${this.node.path}: Object Lock requires versioning. Remove "versioned: false".`);
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
      // S3 rejects rules for noncurrent versions until versioning is enabled.
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
    const allResources = [bucketArn, `${bucketArn}/*`];
    const denials: PolicyStatement[] = [
      {
        sid: "DenyInsecureTransport",
        effect: "Deny",
        principals: "*",
        actions: ["s3:*"],
        resources: allResources,
        conditions: { Bool: { "aws:SecureTransport": "false" } },
      },
      {
        sid: "DenyOutdatedTls",
        effect: "Deny",
        principals: "*",
        actions: ["s3:*"],
        resources: allResources,
        conditions: { NumericLessThan: { "s3:TlsVersion": "1.2" } },
      },
    ];
    if ("kmsKeyArn" in encryption) {
      const expectedKey = { "s3:x-amz-server-side-encryption-aws-kms-key-id": encryption.kmsKeyArn };
      denials.push(
        denyUploads("DenyOtherKeys", bucketArn, expectedKey),
        denyUploads("DenyOtherEncryption", bucketArn, { "s3:x-amz-server-side-encryption": "aws:kms" }),
      );
    }
    return denials;
  }
}

/** Denies uploads with another value of a header. S3 applies the bucket's default encryption without the header. */
function denyUploads(
  sid: string,
  bucketArn: string,
  expected: Readonly<Record<string, string>>,
): PolicyStatement {
  const isPresent = Object.fromEntries(Object.keys(expected).map((header) => [header, "false"]));
  return {
    sid,
    effect: "Deny",
    principals: "*",
    actions: ["s3:PutObject"],
    resources: [`${bucketArn}/*`],
    // StringNotEquals is also true for an absent header.
    conditions: { StringNotEquals: expected, Null: isPresent },
  };
}
