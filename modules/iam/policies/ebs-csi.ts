import type { PolicyStatement } from "../../core/iam-policy.js";

/**
 * Returns the permissions that the EBS CSI driver needs in addition to `AmazonEBSCSIDriverPolicy`, for volumes that a
 * customer managed key encrypts.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html
 */
export function ebsCsi(volumeKeyArn: string): PolicyStatement[] {
  return [
    {
      sid: "CreateGrantForVolumes",
      actions: ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
      resources: [volumeKeyArn],
      conditions: { Bool: { "kms:GrantIsForAWSResource": "true" } },
    },
    {
      sid: "UseVolumeKey",
      actions: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
      resources: [volumeKeyArn],
    },
  ];
}
