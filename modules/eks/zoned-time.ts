const DAY_MILLISECONDS = 86_400_000;
const LOCAL_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/;

/**
 * The instant at which the clocks of a time zone show a local time.
 *
 * A time that the zone skips (the hour in spring) means the instant that the clocks would have shown without the
 * change; one that it shows twice (autumn) means the first.
 *
 * @param local - date and time without offset, such as `2026-12-31T18:00`
 * @param timeZone - IANA name, such as `Europe/Berlin`
 * @throws Error that says which of the two cannot be understood
 */
export function instantOf(local: string, timeZone: string): Date {
  const shown = LOCAL_TIME.test(local) ? Date.parse(`${local}Z`) : Number.NaN;
  if (Number.isNaN(shown))
    throw new Error(`"${local}" is not a local time: write it without offset, such as 2026-12-31T18:00.`);
  const clock = clockOf(timeZone);
  // A zone changes its offset at most once in two days: one of these two holds at the wanted instant.
  const before = shown - offsetAt(shown - DAY_MILLISECONDS, clock);
  const after = shown - offsetAt(shown + DAY_MILLISECONDS, clock);
  const showsIt = [before, after].filter((instant) => instant + offsetAt(instant, clock) === shown);
  return new Date(showsIt.length > 0 ? Math.min(...showsIt) : before);
}

function clockOf(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    throw new Error(`"${timeZone}" is not a time zone: write an IANA name, such as Europe/Berlin or UTC.`);
  }
}

/** Milliseconds that the clock is ahead of UTC at an instant. */
function offsetAt(instant: number, clock: Intl.DateTimeFormat): number {
  const parts = new Map(clock.formatToParts(instant).map((part) => [part.type, Number(part.value)]));
  const field = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const shown = Date.UTC(
    field("year"),
    field("month") - 1,
    field("day"),
    field("hour"),
    field("minute"),
    field("second"),
  );
  return shown - instant;
}
