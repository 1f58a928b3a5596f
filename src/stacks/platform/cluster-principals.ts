import type { AwsAccount } from "@notejam/constructs/core/aws-account";
import type { ClusterPrincipal } from "@notejam/constructs/eks/cluster";

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
