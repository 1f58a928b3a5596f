import type { AwsAccount } from "../blocks/aws-account.js";
import type { PolicyStatement } from "../blocks/iam-policy.js";

// In a key policy, the resource "*" means this key alone.
const THIS_KEY = ["*"];

/** What a service needs that encrypts and decrypts with data keys. */
const USE_DATA_KEYS = ["kms:Decrypt", "kms:GenerateDataKey*"];

/**
 * Leaves the decision to the account's IAM policies, for administration and for use.
 *
 * Without it nobody but the principals named in the key's policy could use or even delete the key.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
export function accountDecides(account: AwsAccount): PolicyStatement {
  return {
    sid: "AccountDecides",
    principals: { AWS: [account.arn("iam", "root", { region: "" })] },
    actions: ["kms:*"],
    resources: THIS_KEY,
  };
}

/**
 * CloudWatch Logs of this region may use the key for the log groups of this account.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
export function cloudWatchLogs(account: AwsAccount): PolicyStatement {
  return {
    sid: "CloudWatchLogs",
    principals: { Service: [`logs.${account.region}.${account.dnsSuffix}`] },
    actions: ["kms:Encrypt", "kms:ReEncrypt*", "kms:DescribeKey", ...USE_DATA_KEYS],
    resources: THIS_KEY,
    conditions: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": account.arn("logs", "log-group:*") } },
  };
}

/**
 * EC2 Auto Scaling may start nodes whose volumes this key encrypts.
 *
 * It works through its service-linked role, which IAM makes when an account first scales something. A key policy
 * that names a role which does not exist yet is refused by KMS, so the role is named by condition: a fresh account
 * needs no preparation.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
 */
export function autoScaling(account: AwsAccount): PolicyStatement[] {
  const role = account.roleArn("aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling");
  const isTheRole = {
    StringEquals: { "kms:CallerAccount": account.accountId },
    ArnEquals: { "aws:PrincipalArn": role },
  };
  return [
    {
      sid: "AutoScalingUsesKey",
      principals: { AWS: ["*"] },
      actions: ["kms:Encrypt", "kms:ReEncrypt*", "kms:DescribeKey", ...USE_DATA_KEYS],
      resources: THIS_KEY,
      conditions: isTheRole,
    },
    {
      sid: "AutoScalingLendsKeyToVolumes",
      principals: { AWS: ["*"] },
      actions: ["kms:CreateGrant"],
      resources: THIS_KEY,
      conditions: { ...isTheRole, Bool: { "kms:GrantIsForAWSResource": "true" } },
    },
  ];
}

/**
 * The services that raise alarms may publish to a topic which this key encrypts.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
 */
export function alertSources(account: AwsAccount): PolicyStatement[] {
  return [
    {
      sid: "AlarmsAndBudgets",
      principals: { Service: ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"] },
      actions: USE_DATA_KEYS,
      resources: THIS_KEY,
      conditions: { StringEquals: { "aws:SourceAccount": account.accountId } },
    },
    {
      // EventBridge sends no source account or ARN with its calls to KMS, and for S3 none is documented: a condition on
      // them would silently drop every event. The topic's own policy names the rules and buckets that may publish.
      sid: "Events",
      principals: { Service: ["events.amazonaws.com", "s3.amazonaws.com"] },
      actions: USE_DATA_KEYS,
      resources: THIS_KEY,
    },
  ];
}
