import type { AwsAccount } from "../../../modules/blocks/aws-account.js";
import type { ClusterPrincipal } from "../../../modules/eks/cluster.js";

/** Converts an environment's list (names of roles, or ARNs of roles and users) to principals of the cluster. */
export function clusterPrincipals(account: AwsAccount, listed: readonly string[]): ClusterPrincipal[] {
  return listed.map((principal) => ({
    id: shortName(principal),
    principalArn: principal.startsWith("arn:") ? principal : account.roleArn(principal),
  }));
}

function shortName(principal: string): string {
  const name = principal.slice(principal.lastIndexOf("/") + 1);
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}
