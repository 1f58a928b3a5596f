/** A lifecycle rule as S3 understands it. Days count from a version's creation, or from when it became noncurrent. */
export interface LifecycleRule {
  readonly id: string;
  /** Keys that it is about; empty for all. */
  readonly prefix: string;
  readonly expirationDays?: number;
  readonly removesOrphanedMarkers?: boolean;
  readonly noncurrentDays?: number;
  readonly transitions: readonly { readonly days: number; readonly storageClass: string }[];
  readonly abortUploadsAfterDays?: number;
}

/** What of a bucket decides how long a version lives. */
export interface BucketSettings {
  readonly rules: readonly LifecycleRule[];
  /** Days of the default lock. @default no lock */
  readonly lockDays?: number;
  /** Class in which objects arrive. @default "STANDARD" */
  readonly arrivesIn?: string;
}

/** Something that was written: a version of an object, or an upload that nobody finished. Times are in milliseconds. */
export interface Version {
  readonly key: string;
  readonly bytes: number;
  readonly createdAt: number;
  /** Storage classes in which it has lain, the present one last. */
  readonly classes: string[];
  readonly lockedUntil: number;
  noncurrentSince?: number;
  hiddenAt?: number;
  removedAt?: number;
}

/** An object's versions, the newest last, and when a delete marker was laid on them. */
interface Stack {
  readonly versions: Version[];
  marker?: number;
  /** Until then no rule acts on it: three years have many midnights. */
  quietUntil: number;
}

const DAY_MS = 86_400_000;

/** S3 moves no smaller object to another class unless a rule says so. https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html */
const SMALLEST_TRANSITION_BYTES = 128 * 1024;

/**
 * A versioned bucket that lives by its rules, day by day. For tests: nothing that runs needs it.
 *
 * Rules act at midnight UTC: days are added to a time and the sum is rounded up to the next midnight. In a versioned
 * bucket an expiry hides the current version by a delete marker; only a noncurrent version is removed, and none that
 * is locked.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html#object-lock-managing-lifecycle
 */
export class SimulatedBucket {
  /** Everything that was ever written. */
  readonly written: Version[] = [];
  /** Uploads in parts that were begun and neither finished nor yet aborted, by when they began. */
  readonly unfinishedUploads: { readonly key: string; readonly startedAt: number }[] = [];

  private readonly settings: BucketSettings;
  private readonly stacks = new Map<string, Stack>();

  constructor(settings: BucketSettings) {
    this.settings = settings;
  }

  /** Writes an object; one of the same key becomes noncurrent. An upload in parts is created when it begins. */
  put(key: string, bytes: number, at: number): void {
    const { lockDays = 0, arrivesIn = "STANDARD" } = this.settings;
    const version: Version = {
      key,
      bytes,
      createdAt: at,
      classes: [arrivesIn],
      lockedUntil: at + lockDays * DAY_MS,
    };
    this.written.push(version);
    const stack = this.stacks.get(key);
    if (stack === undefined) {
      this.stacks.set(key, { versions: [version], quietUntil: 0 });
      return;
    }
    this.retire(stack, at);
    stack.versions.push(version);
    stack.marker = undefined;
  }

  /** Deletes as a person does who names no version: a marker hides the object. */
  delete(key: string, at: number): void {
    const stack = this.stacks.get(key);
    if (stack === undefined || stack.marker !== undefined) return;
    this.retire(stack, at);
    stack.marker = at;
  }

  /** Deletes a version for good, where its lock lets go of it. */
  deleteVersion(version: Version, at: number): void {
    if (version.lockedUntil > at) return;
    this.remove(version, at);
  }

  beginUpload(key: string, at: number): void {
    this.unfinishedUploads.push({ key, startedAt: at });
  }

  /** Keys that a listing shows. */
  *visibleKeys(): Generator<string> {
    for (const [key, { marker, versions }] of this.stacks)
      if (marker === undefined && versions.length > 0) yield key;
  }

  /** What the lifecycle does at a midnight. */
  midnight(now: number): void {
    for (const rule of this.settings.rules) this.abortUploads(rule, now);
    for (const [key, stack] of this.stacks) {
      if (now < stack.quietUntil) continue;
      const rules = this.settings.rules.filter(({ prefix }) => key.startsWith(prefix));
      for (const rule of rules) this.apply(rule, stack, now);
      stack.quietUntil = Math.min(...rules.flatMap((rule) => dueTimes(rule, stack, now)));
      if (stack.versions.length === 0 && stack.marker === undefined) this.stacks.delete(key);
    }
  }

  private apply(rule: LifecycleRule, stack: Stack, now: number): void {
    this.removeNoncurrent(rule, stack, now);
    const current = stack.marker === undefined ? stack.versions.at(-1) : undefined;
    if (current) {
      moveOn(current, rule, now);
      if (isDue(current.createdAt, rule.expirationDays, now)) {
        this.retire(stack, now);
        stack.marker = now;
      }
    } else if (stack.marker !== undefined && stack.versions.length === 0) {
      const isOld = isDue(stack.marker, rule.expirationDays, now);
      if (rule.removesOrphanedMarkers || isOld) stack.marker = undefined;
    }
  }

  private removeNoncurrent(rule: LifecycleRule, stack: Stack, now: number): void {
    for (const version of [...stack.versions]) {
      if (version.noncurrentSince === undefined || version.lockedUntil > now) continue;
      if (isDue(version.noncurrentSince, rule.noncurrentDays, now)) this.remove(version, now);
    }
  }

  private abortUploads(rule: LifecycleRule, now: number): void {
    const over = this.unfinishedUploads.filter(
      ({ key, startedAt }) =>
        key.startsWith(rule.prefix) && isDue(startedAt, rule.abortUploadsAfterDays, now),
    );
    for (const upload of over) this.unfinishedUploads.splice(this.unfinishedUploads.indexOf(upload), 1);
  }

  private retire(stack: Stack, at: number): void {
    stack.quietUntil = 0;
    const current = stack.marker === undefined ? stack.versions.at(-1) : undefined;
    if (current === undefined) return;
    current.noncurrentSince = at;
    current.hiddenAt = at;
  }

  private remove(version: Version, at: number): void {
    const stack = this.stacks.get(version.key);
    const index = stack?.versions.indexOf(version) ?? -1;
    if (stack === undefined || index < 0) return;
    stack.quietUntil = 0;
    stack.versions.splice(index, 1);
    version.removedAt = at;
    version.hiddenAt ??= at;
  }
}

/** The midnight at which something is due that counts `days` from `since`: the sum, rounded up. */
export function dueAt(since: number, days: number): number {
  return Math.ceil((since + days * DAY_MS) / DAY_MS) * DAY_MS;
}

/** The coming times at which a rule may act on what nobody touches. */
function dueTimes(rule: LifecycleRule, { versions, marker }: Stack, now: number): number[] {
  const current = marker === undefined ? versions.at(-1) : undefined;
  const since = (time: number | undefined, days: number | undefined) =>
    time === undefined || days === undefined ? [] : [dueAt(time, days)];
  return [
    ...since(current?.createdAt, rule.expirationDays),
    ...rule.transitions.flatMap(({ days }) => since(current?.createdAt, days)),
    ...versions.flatMap(({ noncurrentSince, lockedUntil }) =>
      since(noncurrentSince, rule.noncurrentDays).map((due) => Math.max(due, dueAt(lockedUntil, 0))),
    ),
    ...(marker !== undefined && versions.length === 0 ? [dueAt(now, 1)] : []),
  ].filter((time) => time > now);
}

function isDue(since: number, days: number | undefined, now: number): boolean {
  return days !== undefined && dueAt(since, days) <= now;
}

function moveOn(version: Version, rule: LifecycleRule, now: number): void {
  if (version.bytes < SMALLEST_TRANSITION_BYTES) return;
  const due = rule.transitions.filter(({ days }) => isDue(version.createdAt, days, now));
  const [last] = due.sort((a, b) => b.days - a.days);
  if (last && version.classes.at(-1) !== last.storageClass) version.classes.push(last.storageClass);
}

/** Parts of a rule that the reader below understands. Any other would be lived by wrongly, so it is refused. */
const KNOWN_PARTS = new Set([
  "id",
  "status",
  "filter",
  "expiration",
  "noncurrent_version_expiration",
  "transition",
  "abort_incomplete_multipart_upload",
]);

/**
 * The rules of a synthesized `aws_s3_bucket_lifecycle_configuration`.
 *
 * @throws Error at a part of a rule that the simulator does not know
 */
export function lifecycleRulesOf(block: Readonly<Record<string, unknown>>): LifecycleRule[] {
  return blocksIn(block, "rule")
    .filter(({ status }) => status === "Enabled")
    .map((rule) => {
      refuseUnknown(rule, KNOWN_PARTS);
      const [filter = {}] = blocksIn(rule, "filter");
      refuseUnknown(filter, new Set(["prefix"]));
      const [expiration = {}] = blocksIn(rule, "expiration");
      refuseUnknown(expiration, new Set(["days", "expired_object_delete_marker"]));
      const [noncurrent = {}] = blocksIn(rule, "noncurrent_version_expiration");
      refuseUnknown(noncurrent, new Set(["noncurrent_days"]));
      const [abort = {}] = blocksIn(rule, "abort_incomplete_multipart_upload");
      return {
        id: String(rule.id),
        prefix: String(filter.prefix ?? ""),
        expirationDays: numberOf(expiration.days),
        removesOrphanedMarkers: expiration.expired_object_delete_marker === true,
        noncurrentDays: numberOf(noncurrent.noncurrent_days),
        transitions: blocksIn(rule, "transition").map(({ days, storage_class }) => ({
          days: Number(days),
          storageClass: String(storage_class),
        })),
        abortUploadsAfterDays: numberOf(abort.days_after_initiation),
      };
    });
}

type Part = Readonly<Record<string, unknown>>;

/** Nested blocks stand as a list, or alone. */
function blocksIn(part: Part, name: string): Part[] {
  return [part[name] ?? []].flat().map((block) => Object(block));
}

function refuseUnknown(part: Part, known: ReadonlySet<string>): void {
  const [unknown] = Object.keys(part).filter((name) => !known.has(name));
  if (unknown === undefined) return;
  throw new Error(`the simulator does not know "${unknown}" of a lifecycle rule; teach it.`);
}

const numberOf = (value: unknown) => (value === undefined ? undefined : Number(value));
