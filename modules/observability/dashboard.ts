import { CloudwatchDashboard } from "@cdktf/provider-aws/lib/cloudwatch-dashboard/index.js";
import { Construct } from "constructs";

export interface DashboardProps {
  /** Name of the dashboard, unique in the account (dashboards are global). */
  readonly name: string;
  /** Region of the metrics and logs. */
  readonly region: string;
  /** ARNs of the alarms, in the order of their display. */
  readonly alarmArns: readonly string[];
  readonly loadBalancer: { readonly arnSuffix: string };
  readonly database: { readonly clusterIdentifier: string };
  readonly cluster: { readonly name: string };
  readonly webAcl: { readonly name: string };
  /** Rows of widgets below the others, made by `chart` and `logTable`. @default none */
  readonly furtherRows?: readonly (readonly Widget[])[];
}

/** Metric of a chart: namespace, name, names and values of dimensions in turn, statistic and label. */
export type Series = readonly (string | { readonly stat: string; readonly label: string })[];

/** Widget of a dashboard, without its position. */
export interface Widget {
  readonly type: "alarm" | "metric" | "log";
  readonly height: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Time range of a chart. */
export interface TimeRange {
  /** Seconds per data point. */
  readonly period: number;
  /** Start relative to now, as an ISO 8601 duration such as `-P14D`. @default the dashboard's time range */
  readonly start?: string;
}

const COLUMNS = 24;
const CHART_HEIGHT = 6;

/**
 * CloudWatch dashboard of a web application on EKS: alarms, then one row each for requests, database, cluster and edge,
 * then further rows.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export class Dashboard extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    this.name = props.name;
    const rows = [
      [alarms(props)],
      requests(props),
      database(props),
      cluster(props),
      edge(props),
      ...(props.furtherRows ?? []),
    ];
    new CloudwatchDashboard(this, "dashboard", {
      dashboardName: props.name,
      dashboardBody: JSON.stringify({ start: "-PT6H", widgets: withPositions(rows) }),
    });
  }
}

function alarms(props: DashboardProps): Widget {
  return { type: "alarm", height: 4, properties: { title: "Alarms", alarms: props.alarmArns } };
}

function requests(props: DashboardProps): Widget[] {
  const series = (name: string, stat: string, label: string): Series => [
    "AWS/ApplicationELB",
    name,
    "LoadBalancer",
    props.loadBalancer.arnSuffix,
    { stat, label },
  ];
  return [
    chart(props.region, "Requests per minute", [series("RequestCount", "Sum", "requests")]),
    chart(props.region, "Failed requests per minute", [
      series("HTTPCode_Target_5XX_Count", "Sum", "application"),
      series("HTTPCode_ELB_5XX_Count", "Sum", "load balancer"),
      series("HTTPCode_Target_4XX_Count", "Sum", "client errors"),
    ]),
    chart(props.region, "Response time, s", [
      series("TargetResponseTime", "p50", "half"),
      series("TargetResponseTime", "p95", "19 in 20"),
      series("TargetResponseTime", "p99", "99 in 100"),
    ]),
  ];
}

function database(props: DashboardProps): Widget[] {
  const cluster = ["DBClusterIdentifier", props.database.clusterIdentifier];
  const series = (name: string, role: "WRITER" | "READER", stat: string): Series => [
    "AWS/RDS",
    name,
    ...cluster,
    "Role",
    role,
    { stat, label: role.toLowerCase() },
  ];
  const both = (name: string, stat: string) => [series(name, "WRITER", stat), series(name, "READER", stat)];
  return [
    chart(props.region, "Database: CPU %", both("CPUUtilization", "Average")),
    chart(props.region, "Database: connections", both("DatabaseConnections", "Maximum")),
    chart(props.region, "Database: free memory", both("FreeableMemory", "Minimum")),
    chart(props.region, "Database: replica lag, ms", [
      ["AWS/RDS", "AuroraReplicaLagMaximum", ...cluster, { stat: "Maximum", label: "slowest reader" }],
    ]),
  ];
}

function cluster(props: DashboardProps): Widget[] {
  const series = (namespace: string, name: string, stat: string, label: string): Series => [
    namespace,
    name,
    "ClusterName",
    props.cluster.name,
    { stat, label },
  ];
  const insights = (name: string, stat: string, label: string) =>
    series("ContainerInsights", name, stat, label);
  return [
    chart(props.region, "Nodes", [
      insights("cluster_node_count", "Maximum", "nodes"),
      insights("cluster_failed_node_count", "Maximum", "failed"),
    ]),
    chart(props.region, "Nodes: utilization, %", [
      insights("node_cpu_utilization", "Average", "CPU"),
      insights("node_memory_utilization", "Average", "memory"),
      insights("node_filesystem_utilization", "Maximum", "fullest disk"),
    ]),
    chart(props.region, "Pods without a node", [
      series("AWS/EKS", "scheduler_pending_pods_UNSCHEDULABLE", "Maximum", "pending"),
    ]),
  ];
}

function edge(props: DashboardProps): Widget[] {
  const series = (name: string, label: string): Series => [
    "AWS/WAFV2",
    name,
    "WebACL",
    props.webAcl.name,
    "Region",
    props.region,
    "Rule",
    "ALL",
    { stat: "Sum", label },
  ];
  return [
    chart(props.region, "Firewall: requests per minute", [
      series("AllowedRequests", "allowed"),
      series("BlockedRequests", "blocked"),
      series("CountedRequests", "counted only"),
    ]),
    chart(props.region, "Load balancer: connections", [
      [
        "AWS/ApplicationELB",
        "ActiveConnectionCount",
        "LoadBalancer",
        props.loadBalancer.arnSuffix,
        { stat: "Sum", label: "active" },
      ],
      [
        "AWS/ApplicationELB",
        "RejectedConnectionCount",
        "LoadBalancer",
        props.loadBalancer.arnSuffix,
        { stat: "Sum", label: "rejected" },
      ],
    ]),
  ];
}

/**
 * Returns a chart of metrics.
 *
 * @param time period and range. Default: one minute, the dashboard's time range
 */
export function chart(
  region: string,
  title: string,
  metrics: readonly Series[],
  time: TimeRange = { period: 60 },
): Widget {
  return {
    type: "metric",
    height: CHART_HEIGHT,
    properties: { title, metrics, region, ...time, view: "timeSeries", yAxis: { left: { min: 0 } } },
  };
}

/**
 * Returns a table with the result of a CloudWatch Logs Insights query.
 *
 * @param query commands, such as `SOURCE 'group'` and `limit 50`
 */
export function logTable(region: string, title: string, query: readonly string[]): Widget {
  return {
    type: "log",
    height: CHART_HEIGHT,
    properties: { title, view: "table", region, query: query.join(" | ") },
  };
}

/** Places each row over the full width, with widgets of equal width. */
function withPositions(rows: readonly (readonly Widget[])[]) {
  let y = 0;
  return rows.flatMap((row) => {
    const width = COLUMNS / row.length;
    const placed = row.map((widget, index) => ({ ...widget, x: index * width, y, width }));
    y += Math.max(...row.map((widget) => widget.height));
    return placed;
  });
}
