import { CloudwatchDashboard } from "@cdktf/provider-aws/lib/cloudwatch-dashboard/index.js";
import { Construct } from "constructs";

export interface DashboardProps {
  /** Unique in the account: dashboards have no region, though what they show has one. */
  readonly name: string;
  /** Region of everything shown. */
  readonly region: string;
  /** In the order in which they are shown. */
  readonly alarmArns: readonly string[];
  readonly loadBalancer: { readonly arnSuffix: string };
  readonly database: { readonly clusterIdentifier: string };
  readonly cluster: { readonly name: string };
  readonly webAcl: { readonly name: string };
  /** Value of the dimension `Environment` under which backup and drill report. */
  readonly backups: { readonly environment: string };
  /** Group with what the application prints. */
  readonly applicationLogGroupName: string;
}

/** A metric as dashboards write it: namespace, name, dimension names and values in turn, and how to draw it. */
type Series = readonly (string | { readonly stat: string; readonly label: string })[];

interface Widget {
  readonly type: "alarm" | "metric" | "log";
  readonly height: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What a chart shows of time. */
interface TimeShown {
  readonly period: number;
  /** How far it looks back, as an ISO 8601 duration. @default as the page */
  readonly start?: string;
}

const COLUMNS = 24;
const CHART_HEIGHT = 6;

/**
 * One page for "is it us, and where": the alarms, then a row each for visitors, database, cluster, edge and backups, then errors.
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
      visitors(props),
      database(props),
      cluster(props),
      edge(props),
      backups(props),
      [applicationErrors(props)],
    ];
    new CloudwatchDashboard(this, "dashboard", {
      dashboardName: props.name,
      dashboardBody: JSON.stringify({ start: "-PT6H", widgets: laidOut(rows) }),
    });
  }
}

function alarms(props: DashboardProps): Widget {
  return { type: "alarm", height: 4, properties: { title: "Alarms", alarms: props.alarmArns } };
}

function visitors(props: DashboardProps): Widget[] {
  const series = (name: string, stat: string, label: string): Series => [
    "AWS/ApplicationELB",
    name,
    "LoadBalancer",
    props.loadBalancer.arnSuffix,
    { stat, label },
  ];
  return [
    chart(props, "Requests a minute", [series("RequestCount", "Sum", "requests")]),
    chart(props, "Failed requests a minute", [
      series("HTTPCode_Target_5XX_Count", "Sum", "application"),
      series("HTTPCode_ELB_5XX_Count", "Sum", "load balancer"),
      series("HTTPCode_Target_4XX_Count", "Sum", "client errors"),
    ]),
    chart(props, "Seconds to answer", [
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
    chart(props, "Database: CPU %", both("CPUUtilization", "Average")),
    chart(props, "Database: connections", both("DatabaseConnections", "Maximum")),
    chart(props, "Database: free memory", both("FreeableMemory", "Minimum")),
    chart(props, "Database: replica lag, ms", [
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
    chart(props, "Nodes", [
      insights("cluster_node_count", "Maximum", "nodes"),
      insights("cluster_failed_node_count", "Maximum", "failed"),
    ]),
    chart(props, "Nodes: use in %", [
      insights("node_cpu_utilization", "Average", "CPU"),
      insights("node_memory_utilization", "Average", "memory"),
      insights("node_filesystem_utilization", "Maximum", "fullest disk"),
    ]),
    chart(props, "Pods without a node", [
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
    chart(props, "Firewall: requests a minute", [
      series("AllowedRequests", "allowed"),
      series("BlockedRequests", "blocked"),
      series("CountedRequests", "counted only"),
    ]),
    chart(props, "Load balancer: connections", [
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

/** Something happens every four hours or every week: hours would show nothing. */
function backups(props: DashboardProps): Widget[] {
  const fortnight = { period: 4 * 3600, start: "-P14D" };
  const series = (name: string, stat: string, label: string): Series => [
    "Notejam/Backups",
    name,
    "Environment",
    props.backups.environment,
    { stat, label },
  ];
  return [
    chart(props, "Newest backup: age in s", [series("BackupAge", "Maximum", "age")], fortnight),
    chart(
      props,
      "Newest verified backup: age in s",
      [series("VerifiedBackupAge", "Maximum", "age")],
      fortnight,
    ),
    chart(props, "Size of dumps, bytes", [series("DumpBytes", "Maximum", "bytes")], fortnight),
  ];
}

/** The application writes JSON lines; Fluent Bit puts the parsed line under `log_processed`. */
function applicationErrors(props: DashboardProps): Widget {
  const query = [
    `SOURCE '${props.applicationLogGroupName}'`,
    "fields @timestamp, kubernetes.pod_name, log_processed.msg, log_processed.err.message",
    "filter log_processed.level >= 50",
    "sort @timestamp desc",
    "limit 50",
  ];
  return {
    type: "log",
    height: CHART_HEIGHT,
    properties: {
      title: "Errors of the application",
      view: "table",
      region: props.region,
      query: query.join(" | "),
    },
  };
}

function chart(
  props: DashboardProps,
  title: string,
  metrics: readonly Series[],
  time: TimeShown = { period: 60 },
): Widget {
  return {
    type: "metric",
    height: CHART_HEIGHT,
    properties: {
      title,
      metrics,
      region: props.region,
      ...time,
      view: "timeSeries",
      yAxis: { left: { min: 0 } },
    },
  };
}

/** Each row over the whole width, its widgets equally wide. */
function laidOut(rows: readonly (readonly Widget[])[]) {
  let y = 0;
  return rows.flatMap((row) => {
    const width = COLUMNS / row.length;
    const placed = row.map((widget, index) => ({ ...widget, x: index * width, y, width }));
    y += Math.max(...row.map((widget) => widget.height));
    return placed;
  });
}
