import type { AlarmCondition, Metric } from "./condition.js";

export interface BackupsToWatch {
  /** Value of the dimension `Environment` under which backup and drill report, such as `prod`. */
  readonly environment: string;
  readonly bucketName: string;
  readonly replicaBucketName: string;
  /** Name of the replication rule, a dimension of S3's metrics. */
  readonly replicationRuleId: string;
}

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** Every four hours there is a backup; one that fails is made good by the next. */
const OLDEST_BACKUP_HOURS = 9;

/** Every week a backup is proven; there are two days to look into a failed drill. */
const OLDEST_PROVEN_BACKUP_DAYS = 9;

/**
 * The job is ended after this time (`activeDeadlineSeconds`), and it begins every four hours at most half an hour late.
 * So who reports a younger backup than this has just made it, and who reports an older one has failed.
 */
const LONGEST_BACKUP_SECONDS = 3.5 * HOUR_SECONDS;

/** What would be found out on the day on which a backup is needed. */
export function backupConditions(backups: BackupsToWatch): AlarmCondition[] {
  return [overdue(backups), unproven(backups), drillFailed(backups), notCopied(backups)];
}

/**
 * Nine hours, none of which saw a backup succeed. CloudWatch looks for data before the hours that it was told to look
 * at where it finds none in them, so the silence of a job that does not run is filled in.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
function overdue(backups: BackupsToWatch): AlarmCondition {
  return {
    id: "backup-overdue",
    whatToDo:
      "The newest backup is more than nine hours old; there should be one every four. Read the log of the last backup job and start one by hand.",
    expression: `FILL(age, ${OLDEST_BACKUP_HOURS * HOUR_SECONDS})`,
    metrics: { age: reported(backups, "BackupAge", "Minimum", HOUR_SECONDS) },
    threshold: LONGEST_BACKUP_SECONDS,
    periods: { breaching: OLDEST_BACKUP_HOURS, of: OLDEST_BACKUP_HOURS },
    withoutData: "breaching",
  };
}

/** CloudWatch looks back at most seven days, so the age is reported with every backup instead of read off the drills. */
function unproven(backups: BackupsToWatch): AlarmCondition {
  return {
    id: "backup-unproven",
    whatToDo:
      "No backup of the last nine days has been restored and compared. Read the log of the last drill and start one by hand: until it succeeds, nobody knows whether backups are good.",
    metric: reported(backups, "VerifiedBackupAge", "Minimum", DAY_SECONDS / 2),
    threshold: OLDEST_PROVEN_BACKUP_DAYS * DAY_SECONDS,
    periods: { breaching: 1, of: 1 },
    withoutData: "breaching",
  };
}

function drillFailed(backups: BackupsToWatch): AlarmCondition {
  return {
    id: "drill-failed",
    runbookAnchor: "restore-test-failed",
    whatToDo:
      "A backup could not be restored, or what was restored differs from what was backed up. Read the drill's log for the table, make a backup and drill again at once.",
    metric: reported(backups, "RestoreTestSucceeded", "Minimum", HOUR_SECONDS),
    comparison: "LessThanThreshold",
    threshold: 1,
    periods: { breaching: 1, of: 1 },
    // It is over when a drill succeeds, not when an hour has passed.
    withoutData: "ignore",
  };
}

/** Of S3's metrics of replication the only one that is published where the bucket is and not where its copy is. */
function notCopied({ bucketName, replicaBucketName, replicationRuleId }: BackupsToWatch): AlarmCondition {
  return {
    id: "backup-not-copied",
    whatToDo:
      "A backup could not be copied to the recovery region: were this region lost, it would be missing. Find the object whose replication status is FAILED and copy it by hand.",
    metric: {
      namespace: "AWS/S3",
      metricName: "OperationsFailedReplication",
      dimensions: {
        SourceBucket: bucketName,
        DestinationBucket: replicaBucketName,
        RuleId: replicationRuleId,
      },
      periodSeconds: HOUR_SECONDS,
      statistic: "Sum",
    },
    threshold: 0,
    periods: { breaching: 1, of: 1 },
  };
}

/** What backup and drill report themselves. */
function reported(
  { environment }: BackupsToWatch,
  metricName: string,
  statistic: Metric["statistic"],
  periodSeconds: number,
): Metric {
  return {
    namespace: "Notejam/Backups",
    metricName,
    dimensions: { Environment: environment },
    periodSeconds,
    statistic,
  };
}
