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

/**
 * Storage classes with millisecond access.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html
 */
const MILLISECOND_ACCESS = new Set(["STANDARD", "STANDARD_IA", "GLACIER_IR"]);

/** Days that a version may exist after its expiration: a month as noncurrent version, and rounding to midnight. */
const GRACE_DAYS = 33;

const FIRST_DAY = Date.parse("2026-11-01T00:00:00Z");
/**
 * Three years (one of them a leap year) and a month, and two months more until all backups of the first month are
 * removed.
 */
const LAST_DAY = Date.parse("2030-02-01T00:00:00Z");

/** Fate of a backup in the simulated years. */
type Fate = "kept" | "deleted" | "overwritten" | "version deleted on its last day" | "upload incomplete";

interface Backup {
  readonly fate: Fate;
  readonly dump: string;
  readonly manifest: string;
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** State of a bucket after the simulated years. */
export interface SimulatedYears {
  readonly bucket: SimulatedBucket;
  readonly backups: readonly Backup[];
  readonly endsAt: number;
}

/** A bucket's synthesized lifecycle rules, Object Lock settings, and storage class of replicated objects. */
export function settingsOf(platform: Synthesized, bucket: "bucket" | "replica"): BucketSettings {
  const id = new RegExp(`^backup-storage_${bucket}_`);
  const lifecycle = platform.one("aws_s3_bucket_lifecycle_configuration", id);
  const lock = platform.one("aws_s3_bucket_object_lock_configuration", id);
  return {
    rules: lifecycleRulesOf(lifecycle),
    lockDays: numberAt(lock, "rule", "default_retention", "days"),
    arrivesIn: bucket === "bucket" ? undefined : replicaStorageClass(platform),
  };
}

function replicaStorageClass(platform: Synthesized): string | undefined {
  const { rule } = platform.one("aws_s3_bucket_replication_configuration") as Block & {
    readonly rule: readonly unknown[];
  };
  return textAt(rule[0], "destination", "storage_class");
}

/**
 * Simulates three years and three months of a bucket: a backup every four hours, a restore test every week, incomplete
 * uploads, and an attacker who bypasses all policies and deletes and overwrites backups. Replicated objects keep the
 * creation date of the original.
 */
export function simulateYears(settings: BucketSettings): SimulatedYears {
  const bucket = new SimulatedBucket(settings);
  const backups = simulatedBackups();
  const events = [...backups.flatMap((backup) => eventsOf(backup, bucket)), ...restoreTests(backups, bucket)];
  events.sort((a, b) => a.at - b.at);
  let next = 0;
  for (let midnight = FIRST_DAY + DAY_MS; midnight <= LAST_DAY; midnight += DAY_MS) {
    for (; next < events.length && (events[next]?.at ?? 0) < midnight; next += 1) events[next]?.run();
    bucket.midnight(midnight);
  }
  return { bucket, backups, endsAt: LAST_DAY };
}

function simulatedBackups(): Backup[] {
  const count = (LAST_DAY - FIRST_DAY) / (4 * HOUR_MS);
  return Array.from({ length: count }, (_, index) => {
    // Starts at most 30 minutes late and ends within three and a half hours.
    const startedAt = FIRST_DAY + index * 4 * HOUR_MS + 5000 + ((index * 7) % 29) * MINUTE_MS;
    const finishedAt = startedAt + 10_000 + ((index * 31) % 179) * MINUTE_MS;
    const day = new Date(startedAt).toISOString().slice(0, 10).replaceAll("-", "/");
    const folder = `dumps/${day}/${index}`;
    return {
      fate: fateOf(index),
      dump: `${folder}/notejam.dump`,
      manifest: `${folder}/manifest.json`,
      startedAt,
      finishedAt,
    };
  });
}

function fateOf(index: number): Fate {
  if (index % 50 === 49) return "upload incomplete";
  if (index % 97 === 96) return "deleted";
  if (index % 89 === 88) return "overwritten";
  if (index % 83 === 82) return "version deleted on its last day";
  return "kept";
}

interface Event {
  readonly at: number;
  readonly run: () => void;
}

const DUMP_BYTES = 300 * 1_048_576;
const MANIFEST_BYTES = 2048;

function eventsOf(backup: Backup, bucket: SimulatedBucket): Event[] {
  const { fate, dump, manifest, startedAt, finishedAt } = backup;
  if (fate === "upload incomplete")
    return [{ at: startedAt, run: () => bucket.beginUpload(dump, startedAt) }];
  const made = [
    // The dump becomes visible when its upload ends, but its age counts from the start of the upload.
    { at: finishedAt, run: () => bucket.put(dump, DUMP_BYTES, startedAt) },
    { at: finishedAt + 1, run: () => bucket.put(manifest, MANIFEST_BYTES, finishedAt + 1) },
  ];
  return [...made, ...attacksOn(backup, bucket)];
}

function attacksOn({ fate, dump, finishedAt, startedAt }: Backup, bucket: SimulatedBucket): Event[] {
  const soon = finishedAt + HOUR_MS;
  const later = finishedAt + 2 * DAY_MS;
  const lastDay = startedAt + 1095 * DAY_MS - HOUR_MS;
  const erase = (at: number) => () => {
    for (const version of bucket.written) if (version.key === dump) bucket.deleteVersion(version, at);
  };
  switch (fate) {
    case "deleted":
      return [
        { at: soon, run: () => bucket.delete(dump, soon) },
        { at: later, run: erase(later) },
      ];
    case "overwritten":
      return [{ at: later, run: () => bucket.put(dump, MANIFEST_BYTES, later) }];
    case "version deleted on its last day":
      return [{ at: lastDay, run: erase(lastDay) }];
    default:
      return [];
  }
}

/** Restore tests of the newest complete backup, on Sundays at 01:30. */
function restoreTests(backups: readonly Backup[], bucket: SimulatedBucket): Event[] {
  const finished = backups.filter(({ fate }) => fate !== "upload incomplete");
  const sundays = Array.from({ length: (LAST_DAY - FIRST_DAY) / (7 * DAY_MS) }, (_, week) => week * 7);
  return sundays.map((day) => {
    const at = FIRST_DAY + day * DAY_MS + 1.5 * HOUR_MS;
    const tested = finished.findLast(({ finishedAt }) => finishedAt < at);
    return {
      at,
      run: () => bucket.put(`restore-tests/${tested?.startedAt ?? 0}/${at}.json`, MANIFEST_BYTES, at),
    };
  });
}

/** Violations of the retention, at most three of each kind. */
export function retentionViolations(
  { bucket, backups, endsAt }: SimulatedYears,
  retentionDays: number,
): string[] {
  const attacked = new Set(
    backups.filter(({ fate }) => fate !== "kept").flatMap(({ dump, manifest }) => [dump, manifest]),
  );
  const age = (version: Version, at = endsAt) => (at - version.createdAt) / DAY_MS;
  const report = (violation: string, versions: readonly Version[]) =>
    versions.slice(0, 3).map((version) => `${version.key}: ${violation}`);
  const { written, unfinishedUploads } = bucket;
  return [
    ...report(
      `removed before ${retentionDays} days`,
      written.filter((version) => version.removedAt && age(version, version.removedAt) < retentionDays),
    ),
    ...report(
      `hidden before ${retentionDays} days`,
      written.filter(
        (version) =>
          !attacked.has(version.key) && version.hiddenAt && age(version, version.hiddenAt) < retentionDays,
      ),
    ),
    ...report(
      "not removed after its retention",
      written.filter(
        (version) => age(version) > retentionDays + GRACE_DAYS && version.removedAt === undefined,
      ),
    ),
    ...report(
      "in a storage class without millisecond access",
      written.filter(({ classes }) => classes.some((name) => !MILLISECOND_ACCESS.has(name))),
    ),
    ...report("expires on another day than its dump", unpaired(written, attacked)),
    ...unfinishedUploads
      .filter(({ startedAt }) => endsAt - startedAt > 8 * DAY_MS)
      .slice(0, 3)
      .map(({ key }) => `${key}: incomplete upload was not aborted`),
  ];
}

/** Manifests that expire on another day than their dumps. */
function unpaired(written: readonly Version[], attacked: ReadonlySet<string>): Version[] {
  const hidden = new Map(written.map(({ key, hiddenAt }) => [key, hiddenAt]));
  return written.filter(
    ({ key, hiddenAt }) =>
      key.endsWith("/manifest.json") &&
      !attacked.has(key) &&
      hidden.get(key.replace("manifest.json", "notejam.dump")) !== hiddenAt,
  );
}
