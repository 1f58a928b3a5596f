import type { AlarmCondition, Metric } from "./condition.js";

/** What becomes an outage of the cluster if nobody acts. */
export function clusterConditions(clusterName: string): AlarmCondition[] {
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
      whatToDo:
        "Pods have found no node for a quarter of an hour. Read the events of the pending pods: a node group at its maximum, a taint nobody tolerates, or an autoscaler that does not run.",
      metric: metric("AWS/EKS", "scheduler_pending_pods_UNSCHEDULABLE", "Sum"),
      threshold: 0,
      periods: { breaching: 15, of: 15 },
    },
    {
      id: "cluster-nodes-failed",
      whatToDo:
        "A node is not healthy and was not replaced. Describe the node for its conditions, then drain and terminate it.",
      metric: insights("cluster_failed_node_count", "Maximum"),
      threshold: 0,
      periods: { breaching: 10, of: 10 },
    },
    {
      id: "cluster-nodes-cpu",
      whatToDo:
        "The nodes are busy on average: the autoscaler is at its limit. Raise the maximum of the node group that is full.",
      metric: insights("node_cpu_utilization", "Average"),
      threshold: 85,
      periods: { breaching: 10, of: 15 },
    },
    {
      id: "cluster-nodes-memory",
      whatToDo:
        "The nodes' memory is nearly used up: pods will be killed. Raise the maximum of the node group, or the memory that pods ask for.",
      metric: insights("node_memory_utilization", "Average"),
      threshold: 85,
      periods: { breaching: 10, of: 15 },
    },
    {
      id: "cluster-nodes-disk",
      whatToDo:
        "A node's disk is filling up: pods will be evicted. Find the pod that writes, or replace the node.",
      metric: insights("node_filesystem_utilization", "Maximum"),
      threshold: 80,
      periods: { breaching: 5, of: 5 },
    },
    {
      // Without the add-on's metrics the four alarms above are blind.
      id: "cluster-unwatched",
      whatToDo:
        "The cluster has sent no metrics for a quarter of an hour. See whether the CloudWatch agent's pods run and may write metrics.",
      metric: insights("cluster_node_count", "Maximum"),
      comparison: "LessThanThreshold",
      threshold: 1,
      periods: { breaching: 15, of: 15 },
      withoutData: "breaching",
    },
  ];
}
