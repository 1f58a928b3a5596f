import type { AlarmCondition, Metric } from "./condition.js";

/** A percentage of so few requests would be an alarm for one unlucky visitor. */
const FEWEST_REQUESTS_A_MINUTE = 20;
const WORST_ERROR_PERCENT = 1;
const SLOWEST_P95_SECONDS = 1;

/** What visitors feel, seen by the load balancer. */
export function serviceConditions(loadBalancerArnSuffix: string): AlarmCondition[] {
  const metric = (metricName: string, statistic: Metric["statistic"]): Metric => ({
    namespace: "AWS/ApplicationELB",
    metricName,
    dimensions: { LoadBalancer: loadBalancerArnSuffix },
    periodSeconds: 60,
    statistic,
  });
  const anchor = { runbookAnchor: "service-impaired" };
  return [
    {
      id: "service-errors",
      ...anchor,
      whatToDo:
        "More than 1 % of requests fail. Look at the application's log for errors, and undo the last deployment if it is younger than the alarm.",
      expression:
        `IF(requests >= ${FEWEST_REQUESTS_A_MINUTE}, ` +
        "100 * (FILL(target_errors, 0) + FILL(balancer_errors, 0)) / requests, 0)",
      metrics: {
        requests: metric("RequestCount", "Sum"),
        target_errors: metric("HTTPCode_Target_5XX_Count", "Sum"),
        balancer_errors: metric("HTTPCode_ELB_5XX_Count", "Sum"),
      },
      threshold: WORST_ERROR_PERCENT,
      periods: { breaching: 3, of: 5 },
    },
    {
      // Not in the percentage above: a request that no pod could take is not in RequestCount.
      id: "service-unavailable",
      ...anchor,
      whatToDo:
        "The load balancer finds no healthy pod for requests. See whether the application's pods run and are ready, and whether nodes are missing.",
      metric: metric("HTTPCode_ELB_503_Count", "Sum"),
      comparison: "GreaterThanOrEqualToThreshold",
      threshold: 5,
      periods: { breaching: 2, of: 3 },
    },
    {
      id: "service-slow",
      ...anchor,
      whatToDo:
        "One request in twenty takes more than a second. Compare with the database's load and the number of pods; add pods or nodes if there is no other cause.",
      metric: metric("TargetResponseTime", "p95"),
      threshold: SLOWEST_P95_SECONDS,
      periods: { breaching: 10, of: 15 },
    },
  ];
}
