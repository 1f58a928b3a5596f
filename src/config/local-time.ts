const LOCAL_TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})$/;

/** Whether a text is an IANA time zone (`Europe/Dublin`, `UTC`); offsets such as `+01:00` are not. */
export function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Whether a text is a calendar day and a time of day, `2027-11-26T08:00`, without seconds and without zone. */
export function isLocalTime(time: string): boolean {
  return asIfUtc(time) !== undefined;
}

/**
 * The instant at which the clocks of a zone show a local time, or undefined when they never do: the text is
 * no local time, or clocks skip that hour in spring. Of an hour that autumn repeats it is the first.
 */
export function instantOf(time: string, zone: string): Date | undefined {
  const wanted = asIfUtc(time);
  if (wanted === undefined) return undefined;
  // Offsets a day before and after cover both sides of any change of clocks.
  const candidates = [-DAY, DAY].map((shift) => new Date(wanted - offsetAt(wanted + shift, zone)));
  const matching = candidates.filter(
    (instant) => instant.getTime() + offsetAt(instant.getTime(), zone) === wanted,
  );
  return matching.sort((a, b) => a.getTime() - b.getTime())[0];
}

const DAY = 24 * 60 * 60 * 1000;

/** The milliseconds of a local time read as if its zone were UTC; undefined when the day or hour does not exist. */
function asIfUtc(time: string): number | undefined {
  if (!LOCAL_TIME.test(time)) return undefined;
  const milliseconds = Date.parse(`${time}:00Z`);
  if (Number.isNaN(milliseconds)) return undefined;
  // Date.parse turns 30 February into 2 March: only a day that reads back unchanged exists.
  return new Date(milliseconds).toISOString().startsWith(time) ? milliseconds : undefined;
}

/** How far a zone's clocks are ahead of UTC at an instant, in milliseconds. */
function offsetAt(instant: number, zone: string): number {
  const shown = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "medium",
  }).format(instant);
  return Date.parse(`${shown.replace(" ", "T")}Z`) - Math.floor(instant / 1000) * 1000;
}
