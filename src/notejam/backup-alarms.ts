import type { AlarmCondition, Metric } from "@notejam/constructs/observability/conditions/condition";
import { BACKUP_METRICS, BACKUP_METRICS_NAMESPACE } from "./backup-names.js";

export interface MonitoredBackups {
  /** Value of the dimension `Environment` of the backup metrics, such as `prod`. */
  readonly environment: string;
  readonly bucketName: string;
  readonly replicaBucketName: string;
  /** Id of the replication rule, a dimension of S3's metrics. */
  readonly replicationRuleId: string;
}

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** A backup runs every four hours. The next one makes up for one that failed. */
const MAX_BACKUP_AGE_HOURS = 9;

/** A restore test runs every week. Two days remain to investigate a failed one. */
const MAX_VERIFIED_BACKUP_AGE_DAYS = 9;

/**
 * A job ends after this time (`activeDeadlineSeconds`), and starts every four hours with a delay of at most 30 minutes.
 * Therefore a reported age below it means that a backup has just succeeded, and an age above it that one has failed.
 */
const MAX_BACKUP_DURATION_SECONDS = 3.5 * HOUR_SECONDS;

/** Returns conditions under which a backup could not be restored when it is needed. */
export function backupConditions(backups: MonitoredBackups): AlarmCondition[] {
  return [overdue(backups), notVerified(backups), restoreTestFailed(backups), notReplicated(backups)];
}

/**
 * No successful backup for nine hours. FILL, because CloudWatch otherwise evaluates older data points when a job that
 * does not run reports none.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
function overdue(backups: MonitoredBackups): AlarmCondition {
  return {
    id: "backup-overdue",
    runbookPage: "backups",
    whatToDo: `The newest backup is more than ${MAX_BACKUP_AGE_HOURS} hours old. One should run every four hours. Read the log of the last backup job and start one manually.`,
    expression: `FILL(age, ${MAX_BACKUP_AGE_HOURS * HOUR_SECONDS})`,
    metrics: { age: reported(backups, BACKUP_METRICS.age, "Minimum", HOUR_SECONDS) },
    threshold: MAX_BACKUP_DURATION_SECONDS,
    periods: { breaching: MAX_BACKUP_AGE_HOURS, of: MAX_BACKUP_AGE_HOURS },
    withoutData: "breaching",
  };
}

/** CloudWatch evaluates at most seven days, so each backup reports the age instead of counting restore tests. */
function notVerified(backups: MonitoredBackups): AlarmCondition {
  return {
    id: "backup-unproven",
    runbookPage: "backups",
    whatToDo: `No backup of the last ${MAX_VERIFIED_BACKUP_AGE_DAYS} days was restored and compared, so backups may be unusable. Read the log of the last restore test and start one manually.`,
    metric: reported(backups, BACKUP_METRICS.verifiedAge, "Minimum", DAY_SECONDS / 2),
    threshold: MAX_VERIFIED_BACKUP_AGE_DAYS * DAY_SECONDS,
    periods: { breaching: 1, of: 1 },
    withoutData: "breaching",
  };
}

function restoreTestFailed(backups: MonitoredBackups): AlarmCondition {
  return {
    id: "drill-failed",
    name: "restore-test-failed",
    runbookPage: "backups",
    whatToDo:
      "A backup could not be restored, or the restored data differs from the backup. Read the log of the restore test to find the table. Create a backup and test it at once.",
    metric: reported(backups, BACKUP_METRICS.restoreTestSucceeded, "Minimum", HOUR_SECONDS),
    comparison: "LessThanThreshold",
    threshold: 1,
    periods: { breaching: 1, of: 1 },
    // The alarm ends with the next successful restore test, not after an hour.
    withoutData: "ignore",
  };
}

/** The only replication metric of S3 that is published in the region of the source bucket. */
function notReplicated({
  bucketName,
  replicaBucketName,
  replicationRuleId,
}: MonitoredBackups): AlarmCondition {
  return {
    id: "backup-not-copied",
    runbookPage: "backups",
    whatToDo:
      "A backup was not replicated to the DR region, so it would be lost with this region. Find the object whose replication status is FAILED and copy it manually.",
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

/** Metric that backup job and restore test report. */
function reported(
  { environment }: MonitoredBackups,
  metricName: string,
  statistic: Metric["statistic"],
  periodSeconds: number,
): Metric {
  return {
    namespace: BACKUP_METRICS_NAMESPACE,
    metricName,
    dimensions: { Environment: environment },
    periodSeconds,
    statistic,
  };
}
