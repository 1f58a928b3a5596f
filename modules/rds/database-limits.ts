import { Token } from "cdktf";
import type { DatabaseProps } from "./database.js";

const NAME = /^[a-z](?!.*--)[a-z0-9-]{0,58}[a-z0-9]$/;
const MONITORING_INTERVALS = [0, 1, 5, 10, 15, 30, 60];
const BACKUP_DAYS = { min: 1, max: 35 };
const MOST_READERS = 15;

/**
 * Says at synth what RDS would only say in the middle of an apply; all faults at once.
 *
 * @param path - of the construct, for the message
 * @throws Error with one line per fault
 */
export function refuseWhatRdsRefuses(path: string, props: DatabaseProps): void {
  const faults = [...namingFaults(props), ...placingFaults(props), ...numberFaults(props)];
  if (faults.length > 0) throw new Error(faults.map((fault) => `${path}: ${fault}`).join("\n"));
}

function* namingFaults({ name, engineVersion }: DatabaseProps): Generator<string> {
  if (!NAME.test(name)) {
    yield `name is "${name}"; RDS takes 2 to 60 lower-case letters, digits and single hyphens, a letter first.`;
  }
  if (!/^\d+\.\d+$/.test(engineVersion)) {
    yield `engineVersion is "${engineVersion}"; state it with its minor part, such as "17.9", so that every environment runs the same.`;
  }
}

function* placingFaults({ zones, subnetIds }: DatabaseProps): Generator<string> {
  if (new Set(zones).size < 2) {
    yield `zones names ${new Set(zones).size} zone; writer and reader need two different ones.`;
  }
  if (subnetIds.length < 2)
    yield `subnetIds has ${subnetIds.length} subnet; Aurora needs two or more, in different zones.`;
}

function* numberFaults(props: DatabaseProps): Generator<string> {
  const {
    backupRetentionDays: days,
    monitoringIntervalSeconds: seconds,
    secretRecoveryWindowDays: window,
  } = props;
  if (days !== undefined && !within(days, BACKUP_DAYS.min, BACKUP_DAYS.max)) {
    yield `backupRetentionDays is ${days}; Aurora takes whole days from ${BACKUP_DAYS.min} to ${BACKUP_DAYS.max}.`;
  }
  if (seconds !== undefined && !MONITORING_INTERVALS.includes(seconds)) {
    yield `monitoringIntervalSeconds is ${seconds}; RDS takes one of ${MONITORING_INTERVALS.join(", ")}.`;
  }
  if (window !== undefined && window !== 0 && !within(window, 7, 30)) {
    yield `secretRecoveryWindowDays is ${window}; Secrets Manager takes 0 or whole days from 7 to 30.`;
  }
  const { min, max } = props.readerAutoscaling;
  if (!within(min, 1, max) || !within(max, min, MOST_READERS)) {
    yield `readerAutoscaling is ${min} to ${max}; choose 1 ≤ min ≤ max ≤ ${MOST_READERS}.`;
  }
}

function within(value: number, min: number, max: number): boolean {
  return Token.isUnresolved(value) || (Number.isInteger(value) && value >= min && value <= max);
}
