import type { AwsAccount } from "../core/aws-account.js";

/**
 * AWS managed policies that the constructs use: those with narrow permissions, and those that AWS updates together with
 * its agents. All other policies are in `policies/`.
 */
export type AwsManagedPolicy =
  | "AmazonEKSWorkerNodePolicy"
  | "AmazonEC2ContainerRegistryPullOnly"
  | "AmazonSSMManagedInstanceCore"
  | "AmazonEKS_CNI_Policy"
  | "CloudWatchAgentServerPolicy"
  | "AWSXrayWriteOnlyAccess"
  | "service-role/AmazonEBSCSIDriverPolicy";

/** Returns the ARN of an AWS managed policy in the account's partition. */
export function managedPolicyArn(account: AwsAccount, policy: AwsManagedPolicy): string {
  return account.arn("iam", `policy/${policy}`, { region: "", account: "aws" });
}
