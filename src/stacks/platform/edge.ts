import type { AccessLogs } from "@notejam/constructs/access-logs";
import { ApplicationLoadBalancer } from "@notejam/constructs/alb/application-load-balancer";
import { Dns } from "@notejam/constructs/dns";
import { WebAcl } from "@notejam/constructs/waf/web-acl";
import { notejamRules } from "../../notejam/web-acl-rules.js";
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
    description: "Notejam behind the public load balancer",
    rules: notejamRules(environment.waf),
    logs,
  });
  return { dns, loadBalancer, webAcl };
}
