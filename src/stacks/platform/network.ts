import { SecurityGroups } from "../../../modules/security-groups/security-groups.js";
import { Vpc } from "../../../modules/vpc/vpc.js";
import type { PlatformContext } from "./context.js";

export interface Network {
  readonly vpc: Vpc;
  readonly securityGroups: SecurityGroups;
}

/** Adds the VPC and the security groups that Terraform owns. */
export function addNetwork({ stack, account, environment, names, logs }: PlatformContext): Network {
  const { name, globalName, clusterName } = names;
  const vpc = new Vpc(stack, "vpc", {
    name,
    globalName,
    account,
    cidr: environment.vpcCidr,
    zoneCount: 3,
    natGateways: environment.natGateways,
    clusterName,
    flowLogs: logs,
    interfaceEndpoints: environment.interfaceEndpoints,
  });
  const securityGroups = new SecurityGroups(stack, "security-groups", { name, vpcId: vpc.vpcId });
  return { vpc, securityGroups };
}
