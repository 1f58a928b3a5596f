import type { AlarmCondition, Metric } from "./condition.js";

export interface ServiceThresholds {
  /** Share of failed requests, in percent. */
  readonly errorPercent: number;
  /** Requests per minute below which the share is not evaluated: one failed request would exceed it. */
  readonly minimumRequestsPerMinute: number;
  /** Responses per minute with status 503 from the load balancer, which mean that it has no healthy target. */
  readonly unavailablePerMinute: number;
  /** 95th percentile of the response time, in seconds. */
  readonly p95Seconds: number;
}

/** Returns conditions for symptoms that users notice, measured by the load balancer. */
export function serviceConditions(
  loadBalancerArnSuffix: string,
  thresholds: ServiceThresholds,
): AlarmCondition[] {
  const metric = (metricName: string, statistic: Metric["statistic"]): Metric => ({
    namespace: "AWS/ApplicationELB",
    metricName,
    dimensions: { LoadBalancer: loadBalancerArnSuffix },
    periodSeconds: 60,
    statistic,
  });
  const runbook = { runbookPage: "service", runbookAnchor: "service-impaired" };
  return [
    {
      id: "service-errors",
      ...runbook,
      whatToDo: `More than ${thresholds.errorPercent} % of requests fail. Check the application's log for errors. If a deployment started shortly before the alarm, roll it back.`,
      expression:
        `IF(requests >= ${thresholds.minimumRequestsPerMinute}, ` +
        "100 * (FILL(target_errors, 0) + FILL(balancer_errors, 0)) / requests, 0)",
      metrics: {
        requests: metric("RequestCount", "Sum"),
        target_errors: metric("HTTPCode_Target_5XX_Count", "Sum"),
        balancer_errors: metric("HTTPCode_ELB_5XX_Count", "Sum"),
      },
      threshold: thresholds.errorPercent,
      periods: { breaching: 3, of: 5 },
    },
    {
      // Not part of the share above: RequestCount does not count requests without a healthy target.
      id: "service-unavailable",
      ...runbook,
      whatToDo:
        "The load balancer has no healthy target. Check that the application's pods run and are ready, and that no nodes are missing.",
      metric: metric("HTTPCode_ELB_503_Count", "Sum"),
      comparison: "GreaterThanOrEqualToThreshold",
      threshold: thresholds.unavailablePerMinute,
      periods: { breaching: 2, of: 3 },
    },
    {
      id: "service-slow",
      ...runbook,
      whatToDo: `One request in twenty takes more than ${thresholds.p95Seconds} s. Compare with the load of the database and the number of pods. Add pods or nodes if there is no other cause.`,
      metric: metric("TargetResponseTime", "p95"),
      threshold: thresholds.p95Seconds,
      periods: { breaching: 10, of: 15 },
    },
  ];
}
