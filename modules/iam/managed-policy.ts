import type { AwsAccount } from "../blocks/aws-account.js";

/**
 * The policies written and kept by AWS that this platform relies on. Only what AWS scopes well, or what it has to change
 * as its own agents change, is taken from there; the rest is in `controller-policies.ts`.
 */
export type AwsManagedPolicy =
  | "AmazonEKSWorkerNodePolicy"
  | "AmazonEC2ContainerRegistryPullOnly"
  | "AmazonSSMManagedInstanceCore"
  | "AmazonEKS_CNI_Policy"
  | "CloudWatchAgentServerPolicy"
  | "AWSXrayWriteOnlyAccess"
  | "service-role/AmazonEBSCSIDriverPolicy";

/** The ARN, in the account's partition, of a policy that AWS keeps. */
export function managedPolicyArn(account: AwsAccount, policy: AwsManagedPolicy): string {
  return account.arn("iam", `policy/${policy}`, { region: "", account: "aws" });
}
