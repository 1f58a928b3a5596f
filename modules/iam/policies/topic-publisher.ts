import type { PolicyStatement } from "../../core/iam-policy.js";

/** Returns the permissions to publish to an SNS topic that a customer managed key encrypts. */
export function topicPublisher(topicArn: string, keyArn: string): PolicyStatement[] {
  return [
    { sid: "Publish", actions: ["sns:Publish"], resources: [topicArn] },
    {
      sid: "EncryptMessage",
      actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
      resources: [keyArn],
      // Encryption context of SNS: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
      conditions: { StringEquals: { "kms:EncryptionContext:aws:sns:topicArn": topicArn } },
    },
  ];
}
