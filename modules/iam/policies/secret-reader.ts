import type { PolicyStatement } from "../../core/iam-policy.js";

/**
 * Returns the permissions to read one secret of Secrets Manager. The key may be shared with other secrets: it decrypts
 * this one only.
 *
 * @param secretArn full ARN of the secret, with its random suffix
 * @param keyArn ARN of the key that encrypts the secret
 */
export function secretReader(secretArn: string, keyArn: string): PolicyStatement[] {
  return [
    {
      sid: "ReadSecret",
      actions: ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
      resources: [secretArn],
    },
    {
      sid: "DecryptSecret",
      actions: ["kms:Decrypt"],
      resources: [keyArn],
      // Encryption context of Secrets Manager: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
      conditions: { StringEquals: { "kms:EncryptionContext:SecretARN": secretArn } },
    },
  ];
}
