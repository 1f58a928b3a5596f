import type { AwsAccount } from "../../core/aws-account.js";
import type { PolicyStatement } from "../../core/iam-policy.js";

/**
 * Returns the permissions of Grafana's CloudWatch data source: read all metrics of the region and the given log groups.
 *
 * @param logGroupNames names or name patterns, such as `/aws/eks/notejam-dev/*`
 * @see https://grafana.com/docs/grafana/latest/datasources/aws-cloudwatch/configure/
 */
export function grafanaCloudWatchReader(
  account: AwsAccount,
  logGroupNames: readonly string[],
): PolicyStatement[] {
  return [
    {
      sid: "ReadMetrics",
      actions: [
        "cloudwatch:DescribeAlarmHistory",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:DescribeAlarmsForMetric",
        "cloudwatch:GetInsightRuleReport",
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "ec2:DescribeInstances",
        "ec2:DescribeRegions",
        "ec2:DescribeTags",
        "logs:DescribeLogGroups",
        "logs:GetQueryResults",
        "logs:StopQuery",
        "tag:GetResources",
      ],
      // These actions do not support resource-level permissions.
      resources: ["*"],
    },
    {
      sid: "ReadLogs",
      actions: ["logs:GetLogEvents", "logs:GetLogGroupFields", "logs:StartQuery"],
      resources: logGroupNames.map((name) => account.arn("logs", `log-group:${name}:*`)),
    },
  ];
}
