import type { AlarmCondition, Metric } from "./condition.js";

export interface MonitoredDatabase {
  readonly clusterIdentifier: string;
  /** Connections that the writer accepts. @default no alarm for connections */
  readonly maxConnections?: number;
}

export interface DatabaseThresholds {
  /** CPU utilization of the writer, in percent. */
  readonly cpuPercent: number;
  /** Free memory of the writer, in MiB. */
  readonly freeMemoryMib: number;
  /** Free local storage of the writer, in MiB. */
  readonly freeDiskMib: number;
  /** Lag of the slowest reader, in milliseconds. */
  readonly replicaLagMilliseconds: number;
  /** Connections in use, as a share of `maxConnections`: 0 to 1. */
  readonly connectionsShare: number;
}

const BYTES_PER_MIB = 1_048_576;

/** Returns conditions that will cause an outage of an Aurora cluster. */
export function databaseConditions(
  { clusterIdentifier, maxConnections }: MonitoredDatabase,
  thresholds: DatabaseThresholds,
): AlarmCondition[] {
  const cluster = { DBClusterIdentifier: clusterIdentifier };
  const writer = { ...cluster, Role: "WRITER" };
  const metric = (
    metricName: string,
    statistic: Metric["statistic"],
    dimensions: Metric["dimensions"],
  ): Metric => ({ namespace: "AWS/RDS", metricName, dimensions, periodSeconds: 60, statistic });
  const conditions: AlarmCondition[] = [
    {
      id: "database-cpu",
      runbookPage: "database",
      whatToDo:
        "The CPU utilization of the writer is high, or the writer reports no metrics. Find the most expensive statements in Performance Insights. Use a larger instance class as a last resort.",
      metric: metric("CPUUtilization", "Average", writer),
      threshold: thresholds.cpuPercent,
      periods: { breaching: 10, of: 15 },
      // A writer that does not run reports no metrics.
      withoutData: "breaching",
    },
    {
      id: "database-memory",
      runbookPage: "database",
      whatToDo:
        "The writer is running out of memory and will restart. Check for many connections or large sorts. Use a larger instance class.",
      metric: metric("FreeableMemory", "Minimum", writer),
      comparison: "LessThanThreshold",
      threshold: thresholds.freeMemoryMib * BYTES_PER_MIB,
      periods: { breaching: 5, of: 5 },
    },
    {
      id: "database-disk",
      runbookPage: "database",
      whatToDo:
        "The local storage of the writer, used for sorts and temporary tables, is nearly full. Find the statement that fills it. Use a larger instance class.",
      metric: metric("FreeLocalStorage", "Minimum", writer),
      comparison: "LessThanThreshold",
      threshold: thresholds.freeDiskMib * BYTES_PER_MIB,
      periods: { breaching: 5, of: 5 },
    },
    {
      id: "database-replica-lag",
      runbookPage: "database",
      whatToDo: `A reader is more than ${thresholds.replicaLagMilliseconds / 1000} s behind the writer: users see old data, and a failover takes longer. Check for heavy writes, or a reader of a smaller instance class.`,
      metric: metric("AuroraReplicaLagMaximum", "Maximum", cluster),
      threshold: thresholds.replicaLagMilliseconds,
      periods: { breaching: 5, of: 5 },
    },
  ];
  if (maxConnections === undefined) return conditions;
  const connections = metric("DatabaseConnections", "Maximum", writer);
  return [...conditions, connectionsCondition(connections, maxConnections, thresholds.connectionsShare)];
}

function connectionsCondition(metric: Metric, maxConnections: number, share: number): AlarmCondition {
  return {
    id: "database-connections",
    runbookPage: "database",
    whatToDo: `The writer has ${Math.round(share * 100)} % of the connections that it accepts. When none is left, the application fails. Check which client holds them. Reduce the connection pools or the number of pods.`,
    metric,
    threshold: Math.floor(maxConnections * share),
    periods: { breaching: 5, of: 5 },
  };
}
