import { SecurityGroups } from "@notejam/constructs/security-groups";
import { Vpc } from "@notejam/constructs/vpc";
import { ZONE_COUNT } from "../../config/zones.js";
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
    zoneCount: ZONE_COUNT,
    natGateways: environment.natGateways,
    clusterName,
    flowLogs: logs,
    interfaceEndpoints: environment.interfaceEndpoints,
  });
  const securityGroups = new SecurityGroups(stack, "security-groups", { name, vpcId: vpc.vpcId });
  return { vpc, securityGroups };
}
