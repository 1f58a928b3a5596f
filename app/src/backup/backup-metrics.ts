import { CloudWatchClient, PutMetricDataCommand, StandardUnit } from "@aws-sdk/client-cloudwatch";
import type { BackupConfig } from "../config.js";
import type { Listing } from "./backup-bucket.js";
import { reasonOf } from "./backup-error.js";
import { newestComplete, newestVerified } from "./backup-list.js";

const NAMESPACE = "Notejam/Backups";
/** Timeout of the call, in milliseconds. Missing metrics must not block the job. */
const CHECK_TIMEOUT = 20_000;

/** Values by metric name. */
export type Measurements = Readonly<Partial<Record<keyof typeof UNITS, number>>>;

const UNITS = {
  BackupSucceeded: StandardUnit.Count,
  DumpBytes: StandardUnit.Bytes,
  BackupAge: StandardUnit.Seconds,
  VerifiedBackupAge: StandardUnit.Seconds,
  RestoreTestSucceeded: StandardUnit.Count,
} as const;

/** Ages of the newest backup and of the newest verified backup, in seconds. Missing if there is no such backup. */
export function agesOf({ now, backups }: Listing): Measurements {
  const age = (time: Date) => Math.max(0, Math.round((now.getTime() - time.getTime()) / 1000));
  const newest = newestComplete(backups);
  const proven = newestVerified(backups);
  return {
    ...(newest ? { BackupAge: age(newest.takenAt) } : {}),
    ...(proven ? { VerifiedBackupAge: age(proven.takenAt) } : {}),
  };
}

/**
 * Sends metrics to CloudWatch, which alarms watch. Sends nothing without `METRICS_ENVIRONMENT`. A failure is only
 * reported, because missing metrics trigger the alarm.
 */
export async function putMetrics(
  { metricsEnvironment }: BackupConfig,
  measurements: Measurements,
  warn: (text: string) => void,
): Promise<void> {
  const entries = Object.entries(measurements);
  if (!metricsEnvironment || entries.length === 0) return;
  const client = new CloudWatchClient({});
  try {
    await client.send(
      new PutMetricDataCommand({
        Namespace: NAMESPACE,
        MetricData: entries.map(([name, value]) => ({
          MetricName: name,
          Value: value,
          Unit: UNITS[name as keyof typeof UNITS],
          Dimensions: [{ Name: "Environment", Value: metricsEnvironment }],
        })),
      }),
      { abortSignal: AbortSignal.timeout(CHECK_TIMEOUT) },
    );
  } catch (error) {
    warn(
      `The metrics could not be sent to CloudWatch (${reasonOf(error)}). An alarm may be triggered although the command itself succeeded.`,
    );
  } finally {
    client.destroy();
  }
}
