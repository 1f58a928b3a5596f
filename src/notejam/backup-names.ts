/**
 * Names that the application uses for its backups. They equal `app/src/backup`: metric names in `backup-metrics.ts`,
 * prefixes in the bucket in `backup-names.ts`.
 */

/** CloudWatch namespace of the metrics that backup and restore test report. No other program writes to it. */
export const BACKUP_METRICS_NAMESPACE = "Notejam/Backups";

/** Metrics in that namespace, each with the dimension `Environment`. */
export const BACKUP_METRICS = {
  /** Age of the newest backup in seconds, reported by each backup and each restore test. */
  age: "BackupAge",
  /** Age of the newest backup that a restore test has verified, in seconds. */
  verifiedAge: "VerifiedBackupAge",
  /** 1 for a restore test that succeeded, 0 for one that failed. */
  restoreTestSucceeded: "RestoreTestSucceeded",
  /** Size of a dump in bytes. */
  dumpSize: "DumpBytes",
} as const;

/** Prefix of the database dumps in the backup bucket, each with its manifest. */
export const DUMPS_PREFIX = "dumps";

/** Prefix of the results of restore tests in the backup bucket. */
export const RESTORE_TESTS_PREFIX = "restore-tests";

/** Prefixes of the backup bucket. Results of restore tests are too small for transitions to other storage classes. */
export const BACKUP_PREFIXES = [
  { name: DUMPS_PREFIX, isArchived: true },
  { name: RESTORE_TESTS_PREFIX, isArchived: false },
] as const;
