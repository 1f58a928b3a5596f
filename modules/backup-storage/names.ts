/** Name of the bucket that holds the backups. */
export function backupBucketName(globalName: string, accountId: string): string {
  return `${globalName}-backup-${accountId}`;
}

/** Name of the replica bucket in the DR region. */
export function backupReplicaBucketName(globalName: string, accountId: string): string {
  return `${globalName}-backup-replica-${accountId}`;
}

/** Name of the IAM role that replicates backups. */
export function backupReplicationRoleName(globalName: string): string {
  return `${globalName}-backup-replication`;
}
