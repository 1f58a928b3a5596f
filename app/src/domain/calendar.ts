const DAY = 86_400_000;
/** Time zones change their offset only at quarters of an hour, so one offset is valid for that long. */
const QUARTER = 900_000;
const MAX_CACHED_OFFSETS = 5_000;
/** Maximum age of a date that is shown as "N days ago". */
const RECENT_DAYS = 7;

const MONTHS = [
  "Jan.",
  "Feb.",
  "Mar.",
  "Apr.",
  "May",
  "Jun.",
  "Jul.",
  "Aug.",
  "Sep.",
  "Oct.",
  "Nov.",
  "Dec.",
];

const two = (number: number): string => (number < 10 ? `0${number}` : String(number));

/** Formats times relative to today, in one time zone. */
export class Calendar {
  readonly #zone: Intl.DateTimeFormat;
  readonly #now: () => Date;
  readonly #offsets = new Map<number, number>();

  /**
   * @param timeZone IANA name, such as `Europe/Berlin`
   * @param now the current time @default the system's clock
   */
  constructor(timeZone: string, now: () => Date = () => new Date()) {
    this.#zone = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    });
    this.#now = now;
  }

  /** "Today at 14:05", "Yesterday at 09:30", "3 days ago", "02 Feb. 2013". Days are those of the calendar. */
  tell(moment: Date): string {
    const local = this.#local(moment);
    const today = Math.floor(this.#local(this.#now()).getTime() / DAY);
    const days = today - Math.floor(local.getTime() / DAY);
    if (days === 0) return `Today at ${two(local.getUTCHours())}:${two(local.getUTCMinutes())}`;
    if (days === 1) return `Yesterday at ${two(local.getUTCHours())}:${two(local.getUTCMinutes())}`;
    if (days > 1 && days <= RECENT_DAYS) return `${days} days ago`;
    return `${two(local.getUTCDate())} ${MONTHS[local.getUTCMonth()]} ${local.getUTCFullYear()}`;
  }

  /** Returns a date whose UTC fields are the local time in the zone. */
  #local(moment: Date): Date {
    return new Date(moment.getTime() + this.#offset(moment.getTime()));
  }

  #offset(time: number): number {
    const quarter = Math.floor(time / QUARTER);
    const known = this.#offsets.get(quarter);
    if (known !== undefined) return known;
    if (this.#offsets.size >= MAX_CACHED_OFFSETS) this.#offsets.clear();
    const offset = this.#computeOffset(quarter * QUARTER);
    this.#offsets.set(quarter, offset);
    return offset;
  }

  #computeOffset(time: number): number {
    const parts = new Map<string, number>(
      this.#zone.formatToParts(time).map(({ type, value }) => [type, Number(value)]),
    );
    const part = (type: string): number => parts.get(type) ?? 0;
    return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute")) - time;
  }
}
