/** Name of the bucket that holds access logs. */
export function accessLogsBucketName(name: string, accountId: string): string {
  return `${name}-access-logs-${accountId}`;
}
