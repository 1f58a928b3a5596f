import { numberAt, textAt } from "../src/kubernetes/objects.js";
import {
  type BucketSettings,
  lifecycleRulesOf,
  SimulatedBucket,
  type Version,
} from "./simulators/bucket-lifecycle.js";
import type { Block, Synthesized } from "./synthesized-constructs.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Classes from which S3 answers in milliseconds. https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html */
const READABLE_AT_ONCE = new Set(["STANDARD", "STANDARD_IA", "GLACIER_IR"]);

/** Days that something may lie beyond its time: a month as noncurrent version, and midnights to round up to. */
const GRACE_DAYS = 33;

const FIRST_DAY = Date.parse("2026-11-01T00:00:00Z");
/** Three years and a month, one of them a leap year, and two months more in which the last of the first month's go. */
const LAST_DAY = Date.parse("2030-02-01T00:00:00Z");

/** What happens to one backup in those years. */
type Story = "kept" | "deleted" | "overwritten" | "deleted for good on its last day" | "never finished";

interface Backup {
  readonly story: Story;
  readonly dump: string;
  readonly manifest: string;
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** What a bucket was like after those years. */
export interface LifeOfBackups {
  readonly bucket: SimulatedBucket;
  readonly backups: readonly Backup[];
  readonly endsAt: number;
}

/** A bucket's rules and lock as synthesized; `copies` is the replication rule where the bucket gets copies. */
export function settingsOf(platform: Synthesized, bucket: "bucket" | "replica"): BucketSettings {
  const id = new RegExp(`^backup-storage_${bucket}_`);
  const lifecycle = platform.one("aws_s3_bucket_lifecycle_configuration", id);
  const lock = platform.one("aws_s3_bucket_object_lock_configuration", id);
  return {
    rules: lifecycleRulesOf(lifecycle),
    lockDays: numberAt(lock, "rule", "default_retention", "days"),
    arrivesIn: bucket === "bucket" ? undefined : classOfCopies(platform),
  };
}

function classOfCopies(platform: Synthesized): string | undefined {
  const { rule } = platform.one("aws_s3_bucket_replication_configuration") as Block & {
    readonly rule: readonly unknown[];
  };
  return textAt(rule[0], "destination", "storage_class");
}

/**
 * Three years and a quarter of a bucket: a backup every four hours, a drill every week, uploads that break off, and
 * somebody who gets past all policies and deletes and overwrites. A copy that arrives later keeps its original's date.
 */
export function liveThreeYears(settings: BucketSettings): LifeOfBackups {
  const bucket = new SimulatedBucket(settings);
  const backups = backupsOfThoseYears();
  const events = [...backups.flatMap((backup) => eventsOf(backup, bucket)), ...drills(backups, bucket)];
  events.sort((a, b) => a.at - b.at);
  let next = 0;
  for (let midnight = FIRST_DAY + DAY_MS; midnight <= LAST_DAY; midnight += DAY_MS) {
    for (; next < events.length && (events[next]?.at ?? 0) < midnight; next += 1) events[next]?.happen();
    bucket.midnight(midnight);
  }
  return { bucket, backups, endsAt: LAST_DAY };
}

function backupsOfThoseYears(): Backup[] {
  const count = (LAST_DAY - FIRST_DAY) / (4 * HOUR_MS);
  return Array.from({ length: count }, (_, index) => {
    // At most half an hour late, and ended after three hours and a half.
    const startedAt = FIRST_DAY + index * 4 * HOUR_MS + 5000 + ((index * 7) % 29) * MINUTE_MS;
    const finishedAt = startedAt + 10_000 + ((index * 31) % 179) * MINUTE_MS;
    const day = new Date(startedAt).toISOString().slice(0, 10).replaceAll("-", "/");
    const folder = `dumps/${day}/${index}`;
    return {
      story: storyOf(index),
      dump: `${folder}/notejam.dump`,
      manifest: `${folder}/manifest.json`,
      startedAt,
      finishedAt,
    };
  });
}

function storyOf(index: number): Story {
  if (index % 50 === 49) return "never finished";
  if (index % 97 === 96) return "deleted";
  if (index % 89 === 88) return "overwritten";
  if (index % 83 === 82) return "deleted for good on its last day";
  return "kept";
}

interface Happening {
  readonly at: number;
  readonly happen: () => void;
}

const DUMP_BYTES = 300 * 1_048_576;
const MANIFEST_BYTES = 2048;

function eventsOf(backup: Backup, bucket: SimulatedBucket): Happening[] {
  const { story, dump, manifest, startedAt, finishedAt } = backup;
  if (story === "never finished")
    return [{ at: startedAt, happen: () => bucket.beginUpload(dump, startedAt) }];
  const made = [
    // The dump is seen when its upload ends, but is as old as the upload's beginning.
    { at: finishedAt, happen: () => bucket.put(dump, DUMP_BYTES, startedAt) },
    { at: finishedAt + 1, happen: () => bucket.put(manifest, MANIFEST_BYTES, finishedAt + 1) },
  ];
  return [...made, ...harmTo(backup, bucket)];
}

function harmTo({ story, dump, finishedAt, startedAt }: Backup, bucket: SimulatedBucket): Happening[] {
  const soon = finishedAt + HOUR_MS;
  const later = finishedAt + 2 * DAY_MS;
  const lastDay = startedAt + 1095 * DAY_MS - HOUR_MS;
  const erase = (at: number) => () => {
    for (const version of bucket.written) if (version.key === dump) bucket.deleteVersion(version, at);
  };
  switch (story) {
    case "deleted":
      return [
        { at: soon, happen: () => bucket.delete(dump, soon) },
        { at: later, happen: erase(later) },
      ];
    case "overwritten":
      return [{ at: later, happen: () => bucket.put(dump, MANIFEST_BYTES, later) }];
    case "deleted for good on its last day":
      return [{ at: lastDay, happen: erase(lastDay) }];
    default:
      return [];
  }
}

/** Sundays at half past one, of the newest backup that was finished. */
function drills(backups: readonly Backup[], bucket: SimulatedBucket): Happening[] {
  const finished = backups.filter(({ story }) => story !== "never finished");
  const sundays = Array.from({ length: (LAST_DAY - FIRST_DAY) / (7 * DAY_MS) }, (_, week) => week * 7);
  return sundays.map((day) => {
    const at = FIRST_DAY + day * DAY_MS + 1.5 * HOUR_MS;
    const proven = finished.findLast(({ finishedAt }) => finishedAt < at);
    return {
      at,
      happen: () => bucket.put(`restore-tests/${proven?.startedAt ?? 0}/${at}.json`, MANIFEST_BYTES, at),
    };
  });
}

/** What is wrong with how a bucket lived, in words; at most a few of each kind. */
export function faultsOf({ bucket, backups, endsAt }: LifeOfBackups, retentionDays: number): string[] {
  const harmed = new Set(
    backups.filter(({ story }) => story !== "kept").flatMap(({ dump, manifest }) => [dump, manifest]),
  );
  const age = (version: Version, at = endsAt) => (at - version.createdAt) / DAY_MS;
  const tell = (what: string, wrong: readonly Version[]) =>
    wrong.slice(0, 3).map((version) => `${version.key}: ${what}`);
  const { written, unfinishedUploads } = bucket;
  return [
    ...tell(
      `removed before ${retentionDays} days`,
      written.filter((version) => version.removedAt && age(version, version.removedAt) < retentionDays),
    ),
    ...tell(
      `hidden before ${retentionDays} days`,
      written.filter(
        (version) =>
          !harmed.has(version.key) && version.hiddenAt && age(version, version.hiddenAt) < retentionDays,
      ),
    ),
    ...tell(
      "still there long after its time",
      written.filter(
        (version) => age(version) > retentionDays + GRACE_DAYS && version.removedAt === undefined,
      ),
    ),
    ...tell(
      "in a class that does not answer at once",
      written.filter(({ classes }) => classes.some((name) => !READABLE_AT_ONCE.has(name))),
    ),
    ...tell("its dump and its manifest go on different days", halves(written, harmed)),
    ...unfinishedUploads
      .filter(({ startedAt }) => endsAt - startedAt > 8 * DAY_MS)
      .slice(0, 3)
      .map(({ key }) => `${key}: an upload that nobody finished is still there`),
  ];
}

/** Manifests that go without their dumps, or the other way round. */
function halves(written: readonly Version[], harmed: ReadonlySet<string>): Version[] {
  const hidden = new Map(written.map(({ key, hiddenAt }) => [key, hiddenAt]));
  return written.filter(
    ({ key, hiddenAt }) =>
      key.endsWith("/manifest.json") &&
      !harmed.has(key) &&
      hidden.get(key.replace("manifest.json", "notejam.dump")) !== hiddenAt,
  );
}
