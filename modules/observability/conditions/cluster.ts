import type { AlarmCondition, Metric } from "./condition.js";

export interface ClusterThresholds {
  /** Average CPU utilization of the nodes, in percent. */
  readonly cpuPercent: number;
  /** Average memory utilization of the nodes, in percent. */
  readonly memoryPercent: number;
  /** Highest disk utilization of a node, in percent. */
  readonly diskPercent: number;
}

/** Returns conditions that will cause an outage of an EKS cluster with Container Insights. */
export function clusterConditions(clusterName: string, thresholds: ClusterThresholds): AlarmCondition[] {
  const metric = (namespace: string, metricName: string, statistic: Metric["statistic"]): Metric => ({
    namespace,
    metricName,
    dimensions: { ClusterName: clusterName },
    periodSeconds: 60,
    statistic,
  });
  const insights = (metricName: string, statistic: Metric["statistic"]) =>
    metric("ContainerInsights", metricName, statistic);
  return [
    {
      id: "cluster-pods-pending",
      runbookPage: "cluster",
      whatToDo:
        "Pods have been pending for 15 minutes. Read the events of the pending pods: a node group is at its maximum, no pod tolerates a taint, or the cluster autoscaler does not run.",
      metric: metric("AWS/EKS", "scheduler_pending_pods_UNSCHEDULABLE", "Sum"),
      threshold: 0,
      periods: { breaching: 15, of: 15 },
    },
    {
      id: "cluster-nodes-failed",
      runbookPage: "cluster",
      whatToDo:
        "A node is not healthy and was not replaced. Describe the node to see its conditions, then drain and terminate it.",
      metric: insights("cluster_failed_node_count", "Maximum"),
      threshold: 0,
      periods: { breaching: 10, of: 10 },
    },
    {
      id: "cluster-nodes-cpu",
      runbookPage: "cluster",
      whatToDo:
        "The average CPU utilization of the nodes is high, so the cluster autoscaler has reached its limit. Increase the maximum size of the node group that is full.",
      metric: insights("node_cpu_utilization", "Average"),
      threshold: thresholds.cpuPercent,
      periods: { breaching: 10, of: 15 },
    },
    {
      id: "cluster-nodes-memory",
      runbookPage: "cluster",
      whatToDo:
        "The memory of the nodes is nearly used up, and pods will be killed. Increase the maximum size of the node group, or the memory requests of the pods.",
      metric: insights("node_memory_utilization", "Average"),
      threshold: thresholds.memoryPercent,
      periods: { breaching: 10, of: 15 },
    },
    {
      id: "cluster-nodes-disk",
      runbookPage: "cluster",
      whatToDo:
        "The disk of a node is nearly full, and pods will be evicted. Find the pod that writes, or replace the node.",
      metric: insights("node_filesystem_utilization", "Maximum"),
      threshold: thresholds.diskPercent,
      periods: { breaching: 5, of: 5 },
    },
    {
      // The four alarms above have no data without the CloudWatch add-on.
      id: "cluster-unwatched",
      runbookPage: "cluster",
      whatToDo:
        "The cluster has sent no metrics for 15 minutes. Check that the pods of the CloudWatch agent run and may write metrics.",
      metric: insights("cluster_node_count", "Maximum"),
      comparison: "LessThanThreshold",
      threshold: 1,
      periods: { breaching: 15, of: 15 },
      withoutData: "breaching",
    },
  ];
}
