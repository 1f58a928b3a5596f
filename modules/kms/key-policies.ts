import type { AwsAccount } from "../core/aws-account.js";
import type { PolicyStatement } from "../core/iam-policy.js";

// In a key policy, the resource "*" is this key.
const THIS_KEY = ["*"];

/** Actions of services that use data keys. */
const USE_DATA_KEYS = ["kms:Decrypt", "kms:GenerateDataKey*"];

/**
 * Returns a statement that lets IAM policies of the account allow administration and use of the key. Without it only the
 * principals in the key policy could use or delete the key.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
export function enableIamPolicies(account: AwsAccount): PolicyStatement {
  return {
    sid: "EnableIamPolicies",
    principals: { AWS: [account.arn("iam", "root", { region: "" })] },
    actions: ["kms:*"],
    resources: THIS_KEY,
  };
}

/**
 * Returns a statement that lets CloudWatch Logs of the region use the key for log groups of the account.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
export function allowCloudWatchLogs(account: AwsAccount): PolicyStatement {
  return {
    sid: "CloudWatchLogs",
    principals: { Service: [`logs.${account.region}.${account.dnsSuffix}`] },
    actions: ["kms:Encrypt", "kms:ReEncrypt*", "kms:DescribeKey", ...USE_DATA_KEYS],
    resources: THIS_KEY,
    conditions: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": account.arn("logs", "log-group:*") } },
  };
}

/**
 * Returns statements that let EC2 Auto Scaling start instances with volumes that the key encrypts.
 *
 * Auto Scaling uses its service-linked role, which AWS creates at the first use. KMS rejects a key policy with a principal
 * that does not exist. Therefore a condition names the role.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
 */
export function allowAutoScaling(account: AwsAccount): PolicyStatement[] {
  const role = account.roleArn("aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling");
  const isAutoScalingRole = {
    StringEquals: { "kms:CallerAccount": account.accountId },
    ArnEquals: { "aws:PrincipalArn": role },
  };
  return [
    {
      sid: "AllowAutoScalingUseOfKey",
      principals: { AWS: ["*"] },
      actions: ["kms:Encrypt", "kms:ReEncrypt*", "kms:DescribeKey", ...USE_DATA_KEYS],
      resources: THIS_KEY,
      conditions: isAutoScalingRole,
    },
    {
      sid: "AllowAutoScalingCreateGrant",
      principals: { AWS: ["*"] },
      actions: ["kms:CreateGrant"],
      resources: THIS_KEY,
      conditions: { ...isAutoScalingRole, Bool: { "kms:GrantIsForAWSResource": "true" } },
    },
  ];
}

/**
 * Returns statements that let AWS services publish alarms and events to an SNS topic that the key encrypts.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
 */
export function allowAlertSources(account: AwsAccount): PolicyStatement[] {
  return [
    {
      sid: "AllowCloudWatchAndBudgets",
      principals: { Service: ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"] },
      actions: USE_DATA_KEYS,
      resources: THIS_KEY,
      conditions: { StringEquals: { "aws:SourceAccount": account.accountId } },
    },
    {
      // EventBridge sends no source account or ARN to KMS, and AWS documents none for S3. A condition on them would
      // drop all events without an error. The topic policy limits the rules and buckets that may publish.
      sid: "AllowEventBridgeAndS3",
      principals: { Service: ["events.amazonaws.com", "s3.amazonaws.com"] },
      actions: USE_DATA_KEYS,
      resources: THIS_KEY,
    },
  ];
}
