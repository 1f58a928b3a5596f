/** S3 lifecycle rule. Days count from a version's creation, or from when it became noncurrent. */
export interface LifecycleRule {
  readonly id: string;
  /** Prefix of the affected keys; empty for all. */
  readonly prefix: string;
  readonly expirationDays?: number;
  readonly removesOrphanedMarkers?: boolean;
  readonly noncurrentDays?: number;
  readonly transitions: readonly { readonly days: number; readonly storageClass: string }[];
  readonly abortUploadsAfterDays?: number;
}

/** Settings of a bucket that affect the lifetime of versions. */
export interface BucketSettings {
  readonly rules: readonly LifecycleRule[];
  /** Days of the default retention. @default no Object Lock */
  readonly lockDays?: number;
  /** Storage class of new objects. @default "STANDARD" */
  readonly arrivesIn?: string;
}

/** Version of an object. Times are in milliseconds. */
export interface Version {
  readonly key: string;
  readonly bytes: number;
  readonly createdAt: number;
  /** Storage classes of the version so far, the current one last. */
  readonly classes: string[];
  readonly lockedUntil: number;
  noncurrentSince?: number;
  hiddenAt?: number;
  removedAt?: number;
}

/** Versions of an object, the newest last, and the time of its delete marker. */
interface Stack {
  readonly versions: Version[];
  marker?: number;
  /** Time until which no rule applies. Skipping the checks until then makes the simulation faster. */
  quietUntil: number;
}

const DAY_MS = 86_400_000;

/**
 * Minimum size of objects for transitions, unless a rule sets another one.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
 */
const SMALLEST_TRANSITION_BYTES = 128 * 1024;

/**
 * Simulates the lifecycle rules of a versioned bucket, day by day.
 *
 * Rules run at midnight UTC: the due time is a time plus days, rounded up to the next midnight. In a versioned bucket
 * an expiration adds a delete marker to the current version. Only noncurrent versions without a lock are removed.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html#object-lock-managing-lifecycle
 */
export class SimulatedBucket {
  /** All versions that were written, including removed ones. */
  readonly written: Version[] = [];
  /** Incomplete multipart uploads, in the order of their start. */
  readonly unfinishedUploads: { readonly key: string; readonly startedAt: number }[] = [];

  private readonly settings: BucketSettings;
  private readonly stacks = new Map<string, Stack>();

  constructor(settings: BucketSettings) {
    this.settings = settings;
  }

  /** Writes an object. An existing version becomes noncurrent. For multipart uploads, `at` is the start of the upload. */
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
    this.makeNoncurrent(stack, at);
    stack.versions.push(version);
    stack.marker = undefined;
  }

  /** Deletes an object without a version id: adds a delete marker. */
  delete(key: string, at: number): void {
    const stack = this.stacks.get(key);
    if (stack === undefined || stack.marker !== undefined) return;
    this.makeNoncurrent(stack, at);
    stack.marker = at;
  }

  /** Deletes a version permanently, unless it is locked. */
  deleteVersion(version: Version, at: number): void {
    if (version.lockedUntil > at) return;
    this.remove(version, at);
  }

  beginUpload(key: string, at: number): void {
    this.unfinishedUploads.push({ key, startedAt: at });
  }

  /** Keys of objects without a delete marker. */
  *visibleKeys(): Generator<string> {
    for (const [key, { marker, versions }] of this.stacks)
      if (marker === undefined && versions.length > 0) yield key;
  }

  /** Applies the lifecycle rules at a midnight. */
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
      changeStorageClass(current, rule, now);
      if (isDue(current.createdAt, rule.expirationDays, now)) {
        this.makeNoncurrent(stack, now);
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
    const due = this.unfinishedUploads.filter(
      ({ key, startedAt }) =>
        key.startsWith(rule.prefix) && isDue(startedAt, rule.abortUploadsAfterDays, now),
    );
    for (const upload of due) this.unfinishedUploads.splice(this.unfinishedUploads.indexOf(upload), 1);
  }

  private makeNoncurrent(stack: Stack, at: number): void {
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

/** Returns the time `days` after `since`, rounded up to midnight. */
export function dueAt(since: number, days: number): number {
  return Math.ceil((since + days * DAY_MS) / DAY_MS) * DAY_MS;
}

/** Future times at which a rule may apply to an object that does not change. */
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

function changeStorageClass(version: Version, rule: LifecycleRule, now: number): void {
  if (version.bytes < SMALLEST_TRANSITION_BYTES) return;
  const due = rule.transitions.filter(({ days }) => isDue(version.createdAt, days, now));
  const [last] = due.sort((a, b) => b.days - a.days);
  if (last && version.classes.at(-1) !== last.storageClass) version.classes.push(last.storageClass);
}

/** Supported parts of a rule. Other parts are errors, because the simulation would be wrong. */
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
 * Returns the rules of a synthesized `aws_s3_bucket_lifecycle_configuration`.
 *
 * @throws Error if the simulator does not support a part of a rule
 */
export function lifecycleRulesOf(block: Readonly<Record<string, unknown>>): LifecycleRule[] {
  return blocksIn(block, "rule")
    .filter(({ status }) => status === "Enabled")
    .map((rule) => {
      rejectUnknown(rule, KNOWN_PARTS);
      const [filter = {}] = blocksIn(rule, "filter");
      rejectUnknown(filter, new Set(["prefix"]));
      const [expiration = {}] = blocksIn(rule, "expiration");
      rejectUnknown(expiration, new Set(["days", "expired_object_delete_marker"]));
      const [noncurrent = {}] = blocksIn(rule, "noncurrent_version_expiration");
      rejectUnknown(noncurrent, new Set(["noncurrent_days"]));
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

/** Returns nested blocks, which the JSON contains as a list or as a single object. */
function blocksIn(part: Part, name: string): Part[] {
  return [part[name] ?? []].flat().map((block) => Object(block));
}

function rejectUnknown(part: Part, known: ReadonlySet<string>): void {
  const [unknown] = Object.keys(part).filter((name) => !known.has(name));
  if (unknown === undefined) return;
  throw new Error(`The simulator does not support "${unknown}" of a lifecycle rule.`);
}

const numberOf = (value: unknown) => (value === undefined ? undefined : Number(value));
