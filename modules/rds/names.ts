/** Prefix of the log groups of an Aurora cluster, without a trailing slash. */
export function databaseLogPrefix(clusterIdentifier: string): string {
  return `/aws/rds/cluster/${clusterIdentifier}`;
}
