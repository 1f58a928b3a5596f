import type { AccessLogs } from "../../../modules/access-logs/access-logs.js";
import { ApplicationLoadBalancer } from "../../../modules/alb/application-load-balancer.js";
import { Dns } from "../../../modules/dns/dns.js";
import { WebAcl } from "../../../modules/waf/web-acl.js";
import type { PlatformContext } from "./context.js";
import type { Network } from "./network.js";

export interface Edge {
  readonly dns: Dns;
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly webAcl: WebAcl;
}

/** Adds the path of requests from the internet: DNS and certificate, load balancer, web ACL. */
export function addEdge(context: PlatformContext, network: Network, accessLogs: AccessLogs): Edge {
  const { stack, account, environment, names, logs } = context;
  const dns = new Dns(stack, "dns", {
    hostedZoneName: environment.hostedZone,
    hostName: environment.hostName,
  });
  const loadBalancer = new ApplicationLoadBalancer(stack, "alb", {
    name: names.loadBalancerName,
    publicSubnetIds: network.vpc.publicSubnetIds,
    securityGroupIds: [network.securityGroups.albSecurityGroupId],
    clusterName: names.clusterName,
    certificateArn: dns.certificateArn,
    accessLogs: { bucketName: accessLogs.bucketName, prefix: accessLogs.albPrefix },
    deletionProtection: environment.production,
  });
  const webAcl = new WebAcl(stack, "waf", {
    name: names.name,
    account,
    albArn: loadBalancer.arn,
    allowedAddresses: { ipv4: [], ipv6: [] },
    blockedAddresses: { ipv4: [], ipv6: [] },
    ...environment.waf,
    logs,
  });
  return { dns, loadBalancer, webAcl };
}
