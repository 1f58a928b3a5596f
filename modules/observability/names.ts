/** Name of the SNS topic for alarms. */
export function alertsTopicName(name: string): string {
  return `${name}-alerts`;
}

/** Prefix of the log groups that the CloudWatch add-on writes to, without a trailing slash. */
export function containerInsightsLogPrefix(clusterName: string): string {
  return `/aws/containerinsights/${clusterName}`;
}
