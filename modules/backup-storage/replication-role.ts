import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { Construct } from "constructs";
import { type PolicyStatement, policyDocument } from "../core/iam-policy.js";

interface EncryptedBucket {
  readonly bucketArn: string;
  readonly kmsKeyArn: string;
}

export interface ReplicationRoleProps {
  readonly name: string;
  readonly source: EncryptedBucket;
  readonly destination: EncryptedBucket;
}

/**
 * IAM role for S3 replication from one bucket to another, without permission to delete.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
 */
export class ReplicationRole extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: ReplicationRoleProps) {
    super(scope, id);
    const role = new IamRole(this, "role", {
      name: props.name,
      description: "S3 replication of backups to the DR region",
      // No condition on the source: AWS documents none for live replication. A condition key that S3 does not send
      // would stop the replication without an error. The permissions are limited to the two buckets instead.
      assumeRolePolicy: policyDocument([
        { principals: { Service: ["s3.amazonaws.com"] }, actions: ["sts:AssumeRole"] },
      ]),
    });
    new IamRolePolicy(this, "policy", {
      name: "replicate-objects",
      role: role.name,
      policy: policyDocument([...readSource(props.source), ...writeDestination(props.destination)]),
    });
    this.arn = role.arn;
  }
}

function readSource({ bucketArn, kmsKeyArn }: EncryptedBucket): PolicyStatement[] {
  return [
    {
      sid: "ReadReplicationRules",
      actions: ["s3:GetReplicationConfiguration", "s3:ListBucket"],
      resources: [bucketArn],
    },
    {
      sid: "ReadVersions",
      actions: [
        "s3:GetObjectLegalHold",
        "s3:GetObjectRetention",
        "s3:GetObjectVersionAcl",
        "s3:GetObjectVersionForReplication",
        "s3:GetObjectVersionTagging",
      ],
      resources: [`${bucketArn}/*`],
    },
    { sid: "DecryptSource", actions: ["kms:Decrypt"], ...keyFor({ bucketArn, kmsKeyArn }) },
  ];
}

function writeDestination({ bucketArn, kmsKeyArn }: EncryptedBucket): PolicyStatement[] {
  return [
    {
      sid: "ReplicateObjects",
      actions: ["s3:ReplicateObject", "s3:ReplicateTags"],
      resources: [`${bucketArn}/*`],
    },
    {
      sid: "EncryptReplicas",
      actions: ["kms:Encrypt", "kms:GenerateDataKey"],
      ...keyFor({ bucketArn, kmsKeyArn }),
    },
  ];
}

/** Limits the key to one bucket: by the bucket's ARN with an S3 Bucket Key, by the object's ARN without. */
function keyFor({
  bucketArn,
  kmsKeyArn,
}: EncryptedBucket): Pick<PolicyStatement, "resources" | "conditions"> {
  return {
    resources: [kmsKeyArn],
    conditions: { StringLike: { "kms:EncryptionContext:aws:s3:arn": [bucketArn, `${bucketArn}/*`] } },
  };
}
