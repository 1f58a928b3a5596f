/** Name of the bucket that holds the cluster's logs. */
export function lokiBucketName(globalName: string, accountId: string): string {
  return `${globalName}-loki-${accountId}`;
}
