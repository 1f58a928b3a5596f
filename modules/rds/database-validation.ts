import { Token } from "cdktf";

/** Properties of a database that RDS restricts. */
export interface RestrictedDatabaseProps {
  readonly name: string;
  readonly engineVersion: string;
  readonly zones: readonly string[];
  readonly subnetIds: readonly string[];
  readonly backupRetentionDays?: number;
  readonly monitoringIntervalSeconds?: number;
  readonly secretRecoveryWindowDays?: number;
  readonly readerAutoscaling: { readonly min: number; readonly max: number };
}

const NAME = /^[a-z](?!.*--)[a-z0-9-]{0,58}[a-z0-9]$/;
const MONITORING_INTERVALS = [0, 1, 5, 10, 15, 30, 60];
const BACKUP_DAYS = { min: 1, max: 35 };
const MAX_READERS = 15;

/**
 * Checks values that RDS would reject during an apply.
 *
 * @param path construct path, for the message
 * @throws Error with one line per invalid property
 */
export function validateDatabaseProps(path: string, props: RestrictedDatabaseProps): void {
  const errors = [...nameErrors(props), ...placementErrors(props), ...numberErrors(props)];
  if (errors.length > 0) throw new Error(errors.map((error) => `${path}: ${error}`).join("\n"));
}

function* nameErrors({ name, engineVersion }: RestrictedDatabaseProps): Generator<string> {
  if (!NAME.test(name)) {
    yield `name is "${name}". Use 2 to 60 lower-case letters, digits and single hyphens, a letter first.`;
  }
  if (!/^\d+\.\d+$/.test(engineVersion)) {
    yield `engineVersion is "${engineVersion}". Add the minor version, such as "17.9", so that all environments run the same.`;
  }
}

function* placementErrors({ zones, subnetIds }: RestrictedDatabaseProps): Generator<string> {
  if (new Set(zones).size < 2) {
    yield `zones contains ${new Set(zones).size} zone. Writer and reader need two different zones.`;
  }
  if (subnetIds.length < 2)
    yield `subnetIds contains ${subnetIds.length} subnet. Aurora needs two or more in different zones.`;
}

function* numberErrors(props: RestrictedDatabaseProps): Generator<string> {
  const {
    backupRetentionDays: days,
    monitoringIntervalSeconds: seconds,
    secretRecoveryWindowDays: window,
  } = props;
  if (days !== undefined && !within(days, BACKUP_DAYS.min, BACKUP_DAYS.max)) {
    yield `backupRetentionDays is ${days}. Aurora accepts whole days from ${BACKUP_DAYS.min} to ${BACKUP_DAYS.max}.`;
  }
  if (seconds !== undefined && !MONITORING_INTERVALS.includes(seconds)) {
    yield `monitoringIntervalSeconds is ${seconds}. RDS accepts ${MONITORING_INTERVALS.join(", ")}.`;
  }
  if (window !== undefined && window !== 0 && !within(window, 7, 30)) {
    yield `secretRecoveryWindowDays is ${window}. Secrets Manager accepts 0 or whole days from 7 to 30.`;
  }
  const { min, max } = props.readerAutoscaling;
  if (!within(min, 1, max) || !within(max, min, MAX_READERS)) {
    yield `readerAutoscaling is ${min} to ${max}. Use 1 ≤ min ≤ max ≤ ${MAX_READERS}.`;
  }
}

function within(value: number, min: number, max: number): boolean {
  return Token.isUnresolved(value) || (Number.isInteger(value) && value >= min && value <= max);
}
