import { BackupVault } from "@cdktf/provider-aws/lib/backup-vault/index.js";
import { Cloudtrail } from "@cdktf/provider-aws/lib/cloudtrail/index.js";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { DynamodbTable } from "@cdktf/provider-aws/lib/dynamodb-table/index.js";
import { EbsVolume } from "@cdktf/provider-aws/lib/ebs-volume/index.js";
import { EcrRepository } from "@cdktf/provider-aws/lib/ecr-repository/index.js";
import { EfsFileSystem } from "@cdktf/provider-aws/lib/efs-file-system/index.js";
import { EksCluster } from "@cdktf/provider-aws/lib/eks-cluster/index.js";
import { Instance } from "@cdktf/provider-aws/lib/instance/index.js";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key/index.js";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template/index.js";
import { RdsCluster } from "@cdktf/provider-aws/lib/rds-cluster/index.js";
import { RdsClusterInstance } from "@cdktf/provider-aws/lib/rds-cluster-instance/index.js";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret/index.js";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic/index.js";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter/index.js";
import type { TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import { KEY, violations } from "../../../test/policy-check.js";
import { customerManagedKey } from "./customer-managed-key.js";

type Build = (stack: TerraformStack, key?: string) => unknown;

const cluster = { name: "c", roleArn: "r", vpcConfig: { subnetIds: [] } };
const volume = (kmsKeyId?: string) => ({ encrypted: "true", kmsKeyId });

/** Resources that comply with a key and violate the rule without one. */
const BUILDS: readonly (readonly [what: string, build: Build])[] = [
  [
    "a bucket",
    (stack, key) => {
      const bucket = new S3Bucket(stack, "x", { bucket: "notes" });
      new S3BucketServerSideEncryptionConfigurationA(stack, "encryption", {
        bucket: bucket.id,
        rule: [
          {
            applyServerSideEncryptionByDefault: {
              sseAlgorithm: key ? "aws:kms" : "AES256",
              kmsMasterKeyId: key,
            },
          },
        ],
      });
    },
  ],
  [
    "a volume",
    (stack, key) => new EbsVolume(stack, "x", { availabilityZone: "a", encrypted: true, kmsKeyId: key }),
  ],
  [
    "a launch template",
    (stack, key) =>
      new LaunchTemplate(stack, "x", { blockDeviceMappings: [{ ebs: volume(KEY) }, { ebs: volume(key) }] }),
  ],
  [
    "an EC2 instance",
    (stack, key) => new Instance(stack, "x", { rootBlockDevice: { encrypted: true, kmsKeyId: key } }),
  ],
  ["a file system", (stack, key) => new EfsFileSystem(stack, "x", { encrypted: true, kmsKeyId: key })],
  [
    "a database",
    (stack, key) => new RdsCluster(stack, "x", { engine: "e", storageEncrypted: true, kmsKeyId: key }),
  ],
  [
    "a database's master secret",
    (stack, key) =>
      new RdsCluster(stack, "x", {
        engine: "e",
        storageEncrypted: true,
        kmsKeyId: KEY,
        manageMasterUserPassword: true,
        masterUserSecretKmsKeyId: key,
      }),
  ],
  [
    "Performance Insights",
    (stack, key) =>
      new RdsClusterInstance(stack, "x", {
        clusterIdentifier: "c",
        engine: "e",
        instanceClass: "i",
        performanceInsightsEnabled: true,
        performanceInsightsKmsKeyId: key,
      }),
  ],
  [
    "a DynamoDB table",
    (stack, key) =>
      new DynamodbTable(stack, "x", { name: "t", serverSideEncryption: { enabled: true, kmsKeyArn: key } }),
  ],
  [
    "a container registry",
    (stack, key) =>
      new EcrRepository(stack, "x", {
        name: "r",
        encryptionConfiguration: [{ encryptionType: "KMS", kmsKey: key }],
      }),
  ],
  [
    "Kubernetes Secrets",
    (stack, key) =>
      new EksCluster(stack, "x", {
        ...cluster,
        encryptionConfig: { resources: ["secrets"], provider: { keyArn: key ?? "" } },
      }),
  ],
  ["a secret", (stack, key) => new SecretsmanagerSecret(stack, "x", { kmsKeyId: key })],
  [
    "a secret's replica",
    (stack, key) =>
      new SecretsmanagerSecret(stack, "x", {
        kmsKeyId: KEY,
        replica: [{ region: "eu-central-1", kmsKeyId: key }],
      }),
  ],
  [
    "a secure parameter",
    (stack, key) => new SsmParameter(stack, "x", { name: "p", type: "SecureString", keyId: key }),
  ],
  ["a topic", (stack, key) => new SnsTopic(stack, "x", { kmsMasterKeyId: key })],
  ["a queue", (stack, key) => new SqsQueue(stack, "x", { kmsMasterKeyId: key })],
  ["a log group", (stack, key) => new CloudwatchLogGroup(stack, "x", { kmsKeyId: key })],
  ["a trail", (stack, key) => new Cloudtrail(stack, "x", { name: "t", s3BucketName: "b", kmsKeyId: key })],
  ["a backup vault", (stack, key) => new BackupVault(stack, "x", { name: "v", kmsKeyArn: key })],
];

describe("customer-managed-key", () => {
  it.each(BUILDS)("rejects %s without a key", (_what, build) => {
    expect(violations(customerManagedKey, (stack) => build(stack))).toEqual([
      expect.stringMatching(/^x .*customer managed key/),
    ]);
  });

  it.each(BUILDS)("rejects %s with an AWS managed key", (_what, build) => {
    expect(violations(customerManagedKey, (stack) => build(stack, "alias/aws/s3"))).toHaveLength(1);
  });

  it.each(BUILDS)("accepts %s with a key, by ARN or by reference", (_what, build) => {
    expect(violations(customerManagedKey, (stack) => build(stack, KEY))).toEqual([]);
    expect(violations(customerManagedKey, (stack) => build(stack, new KmsKey(stack, "key").arn))).toEqual([]);
  });

  it("rejects a bucket, a launch template and a cluster without encryption configuration", () => {
    expect(violations(customerManagedKey, (stack) => new S3Bucket(stack, "bucket"))).toEqual([
      "bucket is not encrypted with a customer managed key",
    ]);
    expect(violations(customerManagedKey, (stack) => new LaunchTemplate(stack, "template"))).toHaveLength(1);
    expect(violations(customerManagedKey, (stack) => new EksCluster(stack, "cluster", cluster))).toHaveLength(
      1,
    );
  });

  it("distinguishes buckets of which one name is a prefix of the other", () => {
    const found = violations(customerManagedKey, (stack) => {
      new S3Bucket(stack, "bucket");
      const other = new S3Bucket(stack, "bucket-2");
      new S3BucketServerSideEncryptionConfigurationA(stack, "encryption", {
        bucket: other.bucket,
        rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: KEY } }],
      });
    });
    expect(found).toEqual(["bucket is not encrypted with a customer managed key"]);
  });
});
