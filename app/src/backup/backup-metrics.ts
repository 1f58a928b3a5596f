import { CloudWatchClient, PutMetricDataCommand, StandardUnit } from "@aws-sdk/client-cloudwatch";
import type { BackupConfig } from "../config.js";
import type { Listing } from "./backup-bucket.js";
import { reasonOf } from "./backup-error.js";
import { newestComplete, newestVerified } from "./backup-list.js";

const NAMESPACE = "Notejam/Backups";
/** A number that does not arrive must not keep the job from ending, in milliseconds. */
const PATIENCE = 20_000;

/** What is told to CloudWatch, by the metric's name. */
export type Measurements = Readonly<Partial<Record<keyof typeof UNITS, number>>>;

const UNITS = {
  BackupSucceeded: StandardUnit.Count,
  DumpBytes: StandardUnit.Bytes,
  BackupAge: StandardUnit.Seconds,
  VerifiedBackupAge: StandardUnit.Seconds,
  RestoreTestSucceeded: StandardUnit.Count,
} as const;

/** Ages of the newest backup and of the newest proven one, in seconds; what there is none of is left out. */
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
 * Tells CloudWatch how things stand; alarms watch it. Without `METRICS_ENVIRONMENT` nothing is sent. A failure is only
 * said: the alarm goes off by the silence.
 */
export async function putMetrics(
  { metricsEnvironment }: BackupConfig,
  measurements: Measurements,
  complain: (text: string) => void,
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
      { abortSignal: AbortSignal.timeout(PATIENCE) },
    );
  } catch (error) {
    complain(
      `CloudWatch was not told (${reasonOf(error)}): an alarm may go off although nothing else is wrong.`,
    );
  } finally {
    client.destroy();
  }
}
