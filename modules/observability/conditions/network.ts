import type { AlarmCondition } from "./condition.js";

export interface MonitoredWebAcl {
  readonly name: string;
  /** Region of the web ACL, a dimension of its metrics. */
  readonly region: string;
}

export interface WebAclThresholds {
  /** Blocked requests in five minutes. */
  readonly blockedRequests: number;
}

const FIVE_MINUTES_SECONDS = 300;

/** Returns a condition for attacks, or for users whose requests are blocked by mistake. */
export function webAclConditions(
  webAcl: MonitoredWebAcl,
  { blockedRequests }: WebAclThresholds,
): AlarmCondition[] {
  return [
    {
      id: "firewall-blocks",
      runbookPage: "network",
      whatToDo:
        "The web ACL blocks unusually many requests. Read its log by rule and address. If it is an attack, keep watching it. If a rule group blocks users by mistake, set it to count.",
      metric: {
        namespace: "AWS/WAFV2",
        metricName: "BlockedRequests",
        dimensions: { WebACL: webAcl.name, Region: webAcl.region, Rule: "ALL" },
        periodSeconds: FIVE_MINUTES_SECONDS,
        statistic: "Sum",
      },
      threshold: blockedRequests,
      periods: { breaching: 2, of: 2 },
    },
  ];
}

/** Returns one condition per NAT gateway, for connections that it cannot open. */
export function natGatewayConditions(natGatewayIds: readonly string[]): AlarmCondition[] {
  return natGatewayIds.map((natGatewayId, index) => ({
    // Numbered, because the ids of the gateways are unknown before the first apply. The order of the zones is stable.
    id: `nat-gateway-${index + 1}-ports`,
    runbookPage: "network",
    runbookAnchor: "nat-gateway-ports",
    whatToDo:
      "A NAT gateway cannot open more connections to one destination, so requests of pods to the internet fail. Find the pod that opens them, or add a VPC endpoint for the destination.",
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
