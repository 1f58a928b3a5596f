import type { AlarmCondition } from "./condition.js";

export interface WebAclToWatch {
  readonly name: string;
  /** Region of the web ACL: a dimension of its metrics. */
  readonly region: string;
  /** Refused requests in five minutes that somebody should look at. @default 5000 */
  readonly blockedRequests?: number;
}

const FIVE_MINUTES_SECONDS = 300;

/** An attack, or visitors refused by mistake. */
export function webAclConditions(webAcl: WebAclToWatch): AlarmCondition[] {
  return [
    {
      id: "firewall-blocks",
      whatToDo:
        "The firewall refuses unusually many requests. Read its log by rule and address: an attack needs no more than watching, visitors refused by mistake need the rule set to count.",
      metric: {
        namespace: "AWS/WAFV2",
        metricName: "BlockedRequests",
        dimensions: { WebACL: webAcl.name, Region: webAcl.region, Rule: "ALL" },
        periodSeconds: FIVE_MINUTES_SECONDS,
        statistic: "Sum",
      },
      threshold: webAcl.blockedRequests ?? 5000,
      periods: { breaching: 2, of: 2 },
    },
  ];
}

/** Ways out of the VPC that are full. */
export function natGatewayConditions(natGatewayIds: readonly string[]): AlarmCondition[] {
  return natGatewayIds.map((natGatewayId, index) => ({
    // By place: the gateways' own ids are known only after the first apply, and zones keep their order.
    id: `nat-gateway-${index + 1}-ports`,
    runbookAnchor: "nat-gateway-ports",
    whatToDo:
      "A NAT gateway cannot open more connections to one destination: pods' calls to the outside fail. Find the pod that opens them, or give the destination a VPC endpoint.",
    metric: {
      namespace: "AWS/NATGateway",
      metricName: "ErrorPortAllocation",
      dimensions: { NatGatewayId: natGatewayId },
      periodSeconds: FIVE_MINUTES_SECONDS,
      statistic: "Sum",
    },
    threshold: 0,
    periods: { breaching: 1, of: 1 },
  }));
}
