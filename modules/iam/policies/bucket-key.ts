import type { PolicyStatement } from "../../core/iam-policy.js";

/**
 * Returns the permission to use a KMS key for the objects of one bucket. The key may be shared with other buckets.
 *
 * @param actions such as `kms:Decrypt` to read, and `kms:GenerateDataKey` to write
 */
export function useKeyForBucket(
  bucketArn: string,
  keyArn: string,
  actions: readonly string[],
): PolicyStatement {
  return {
    sid: "UseKeyForBucket",
    actions,
    resources: [keyArn],
    // The bucket's ARN with an S3 Bucket Key, the object's ARN without:
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#encryption-context
    conditions: { StringLike: { "kms:EncryptionContext:aws:s3:arn": [bucketArn, `${bucketArn}/*`] } },
  };
}
