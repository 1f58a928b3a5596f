import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { Construct } from "constructs";
import { type PolicyStatement, policyDocument } from "../blocks/iam-policy.js";

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
 * The role by which S3 copies objects from one bucket to another: read there, write here, delete nowhere.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
 */
export class ReplicationRole extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: ReplicationRoleProps) {
    super(scope, id);
    const role = new IamRole(this, "role", {
      name: props.name,
      description: "S3 copies backups to the recovery region",
      // No condition on the source: AWS documents none for live replication, and one that S3 does not fill in would
      // stop the copies without an error. The role names its buckets instead.
      assumeRolePolicy: policyDocument([
        { principals: { Service: ["s3.amazonaws.com"] }, actions: ["sts:AssumeRole"] },
      ]),
    });
    new IamRolePolicy(this, "policy", {
      name: "copy-objects",
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
      sid: "WriteCopies",
      actions: ["s3:ReplicateObject", "s3:ReplicateTags"],
      resources: [`${bucketArn}/*`],
    },
    {
      sid: "EncryptCopies",
      actions: ["kms:Encrypt", "kms:GenerateDataKey"],
      ...keyFor({ bucketArn, kmsKeyArn }),
    },
  ];
}

/** The key, for this bucket only: by the bucket's ARN where a bucket key is used, by the object's where not. */
function keyFor({
  bucketArn,
  kmsKeyArn,
}: EncryptedBucket): Pick<PolicyStatement, "resources" | "conditions"> {
  return {
    resources: [kmsKeyArn],
    conditions: { StringLike: { "kms:EncryptionContext:aws:s3:arn": [bucketArn, `${bucketArn}/*`] } },
  };
}
