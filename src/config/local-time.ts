import { Temporal } from "temporal-polyfill";

const LOCAL_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/;

/** Returns whether a string is an IANA time zone (`Europe/Dublin`, `UTC`); offsets such as `+01:00` are not. */
export function isTimeZone(zone: string): boolean {
  return /^[A-Za-z]/.test(zone) && succeeds(() => new Temporal.ZonedDateTime(0n, zone));
}

/** Returns whether a string is an existing date and time, `2027-11-26T08:00`, without seconds and without zone. */
export function isLocalTime(time: string): boolean {
  return LOCAL_TIME.test(time) && succeeds(() => Temporal.PlainDateTime.from(time));
}

/**
 * Returns the instant of a local time in a time zone; the first one for an hour that occurs twice in autumn.
 *
 * @param time a local time, see {@link isLocalTime}
 * @returns undefined for an hour that is skipped in spring
 * @throws RangeError for a time or a time zone that does not exist
 */
export function instantOf(time: string, zone: string): Date | undefined {
  const local = Temporal.PlainDateTime.from(time);
  const zoned = local.toZonedDateTime(zone, { disambiguation: "earlier" });
  return zoned.toPlainDateTime().equals(local) ? new Date(zoned.epochMilliseconds) : undefined;
}

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
