import type { AlarmCondition, Metric } from "./condition.js";

export interface DatabaseToWatch {
  readonly clusterIdentifier: string;
  /** Most connections that the writer takes. @default no alarm for connections */
  readonly maxConnections?: number;
  /** MiB of memory that the writer should keep free. @default 256 */
  readonly freeMemoryMib?: number;
}

const BYTES_PER_MIB = 1_048_576;
const CONNECTIONS_SHARE = 0.8;

/** What becomes an outage of the Aurora cluster if nobody acts. */
export function databaseConditions(database: DatabaseToWatch): AlarmCondition[] {
  const cluster = { DBClusterIdentifier: database.clusterIdentifier };
  const writer = { ...cluster, Role: "WRITER" };
  const metric = (
    metricName: string,
    statistic: Metric["statistic"],
    dimensions: Metric["dimensions"],
  ): Metric => ({ namespace: "AWS/RDS", metricName, dimensions, periodSeconds: 60, statistic });
  const conditions: AlarmCondition[] = [
    {
      id: "database-cpu",
      whatToDo:
        "The writer's processor is busy, or the writer reports nothing at all. Find the costliest statements in Performance Insights; a larger instance class is the slow way out.",
      metric: metric("CPUUtilization", "Average", writer),
      threshold: 80,
      periods: { breaching: 10, of: 15 },
      // A writer that is gone reports nothing.
      withoutData: "breaching",
    },
    {
      id: "database-memory",
      whatToDo:
        "The writer is running out of memory and will restart. Look for many connections or large sorts; choose a larger instance class.",
      metric: metric("FreeableMemory", "Minimum", writer),
      comparison: "LessThanThreshold",
      threshold: (database.freeMemoryMib ?? 256) * BYTES_PER_MIB,
      periods: { breaching: 5, of: 5 },
    },
    {
      id: "database-disk",
      whatToDo:
        "The writer's local disk, used for sorts and temporary tables, is nearly full. Find the statement that fills it; choose a larger instance class.",
      metric: metric("FreeLocalStorage", "Minimum", writer),
      comparison: "LessThanThreshold",
      threshold: 1024 * BYTES_PER_MIB,
      periods: { breaching: 5, of: 5 },
    },
    {
      id: "database-replica-lag",
      whatToDo:
        "A reader is more than two seconds behind: pages show old notes, and a failover would take longer. Look for heavy writing, or a reader of a smaller class.",
      metric: metric("AuroraReplicaLagMaximum", "Maximum", cluster),
      threshold: 2000,
      periods: { breaching: 5, of: 5 },
    },
  ];
  return database.maxConnections === undefined
    ? conditions
    : [...conditions, connections(metric("DatabaseConnections", "Maximum", writer), database.maxConnections)];
}

function connections(metric: Metric, maxConnections: number): AlarmCondition {
  return {
    id: "database-connections",
    whatToDo:
      "The writer has four fifths of the connections it can take; after the last one the application fails. See which client holds them, and lower the pods' pools or their number.",
    metric,
    threshold: Math.floor(maxConnections * CONNECTIONS_SHARE),
    periods: { breaching: 5, of: 5 },
  };
}
