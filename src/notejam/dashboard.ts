import { chart, logTable, type Widget } from "@notejam/constructs/observability/dashboard";
import { BACKUP_METRICS, BACKUP_METRICS_NAMESPACE } from "./backup-names.js";

export interface NotejamWidgetsProps {
  readonly region: string;
  /** Value of the dimension `Environment` of the backup metrics. */
  readonly environment: string;
  /** Log group of the application's standard output. */
  readonly applicationLogGroupName: string;
}

/** Returns the rows that only Notejam has on its dashboard: backups, and errors of the application. */
export function notejamWidgets(props: NotejamWidgetsProps): Widget[][] {
  return [backups(props), [applicationErrors(props)]];
}

/** Two weeks in steps of four hours: backups run every four hours, restore tests every week. */
function backups({ region, environment }: NotejamWidgetsProps): Widget[] {
  const fortnight = { period: 4 * 3600, start: "-P14D" };
  const series = (name: string, label: string) =>
    [BACKUP_METRICS_NAMESPACE, name, "Environment", environment, { stat: "Maximum", label }] as const;
  return [
    chart(region, "Newest backup: age in s", [series(BACKUP_METRICS.age, "age")], fortnight),
    chart(region, "Newest verified backup: age in s", [series(BACKUP_METRICS.verifiedAge, "age")], fortnight),
    chart(region, "Size of dumps, bytes", [series(BACKUP_METRICS.dumpSize, "bytes")], fortnight),
  ];
}

/** The application logs JSON lines (pino). Fluent Bit adds the parsed line as `log_processed`. */
function applicationErrors({ region, applicationLogGroupName }: NotejamWidgetsProps): Widget {
  return logTable(region, "Errors of the application", [
    `SOURCE '${applicationLogGroupName}'`,
    "fields @timestamp, kubernetes.pod_name, log_processed.msg, log_processed.err.message",
    "filter log_processed.level >= 50",
    "sort @timestamp desc",
    "limit 50",
  ]);
}
