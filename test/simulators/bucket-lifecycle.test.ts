import { describe, expect, it } from "vitest";
import {
  type BucketSettings,
  dueAt,
  type LifecycleRule,
  lifecycleRulesOf,
  SimulatedBucket,
} from "./bucket-lifecycle.js";

const DAY = 86_400_000;
const START = Date.parse("2026-11-01T10:30:00Z");
const MIB = 1_048_576;

const rule = (change: Partial<LifecycleRule>): LifecycleRule => ({
  id: "rule",
  prefix: "",
  transitions: [],
  ...change,
});

/** Applies the rules at every midnight of some days after the start. */
function live(bucket: SimulatedBucket, days: number): void {
  for (let day = 1; day <= days; day += 1) bucket.midnight(dueAt(START, day - 1));
}

/** Bucket with one object of 1 MiB. */
function bucketWithOne(settings: BucketSettings) {
  const bucket = new SimulatedBucket(settings);
  bucket.put("dumps/a", MIB, START);
  const [version] = bucket.written;
  if (!version) throw new Error("no version was written");
  return { bucket, version };
}

const daysAfter = (time: number | undefined) => (time === undefined ? undefined : (time - START) / DAY);

describe("a simulated bucket", () => {
  // Example from https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
  it("counts days from the creation and rounds up to midnight", () => {
    expect(new Date(dueAt(Date.parse("2014-01-15T10:30:00Z"), 3)).toISOString()).toBe(
      "2014-01-19T00:00:00.000Z",
    );
  });

  it("adds a delete marker to expired objects, and removes noncurrent versions later", () => {
    const { bucket, version } = bucketWithOne({ rules: [rule({ expirationDays: 10, noncurrentDays: 5 })] });
    live(bucket, 40);
    expect(Math.floor(daysAfter(version.hiddenAt) ?? 0)).toBe(10);
    expect((version.removedAt ?? 0) - (version.hiddenAt ?? 0)).toBe(5 * DAY);
    expect([...bucket.visibleKeys()]).toEqual([]);
  });

  it("does not remove locked versions", () => {
    const { bucket, version } = bucketWithOne({ rules: [rule({ noncurrentDays: 1 })], lockDays: 20 });
    bucket.delete("dumps/a", START + DAY);
    bucket.deleteVersion(version, START + 2 * DAY);
    live(bucket, 20);
    expect(version.removedAt).toBeUndefined();
    live(bucket, 22);
    expect(daysAfter(version.removedAt)).toBeGreaterThanOrEqual(20);
  });

  it("keeps overwritten versions until their noncurrent expiration", () => {
    const { bucket, version } = bucketWithOne({ rules: [rule({ noncurrentDays: 3 })] });
    bucket.put("dumps/a", MIB, START + 10 * DAY);
    live(bucket, 30);
    expect(Math.floor(daysAfter(version.removedAt) ?? 0)).toBe(13);
    expect([...bucket.visibleKeys()]).toEqual(["dumps/a"]);
  });

  it("keeps orphaned delete markers, unless a rule removes them", () => {
    const rules = [rule({ expirationDays: 2, noncurrentDays: 1 })];
    const { bucket } = bucketWithOne({ rules: [...rules, rule({ removesOrphanedMarkers: true })] });
    live(bucket, 10);
    bucket.put("dumps/a", MIB, START + 11 * DAY);
    expect(bucket.written.map(({ hiddenAt }) => hiddenAt !== undefined)).toEqual([true, false]);
  });

  it("moves large objects to the storage class of the latest due transition", () => {
    const transitions = [
      { days: 30, storageClass: "STANDARD_IA" },
      { days: 90, storageClass: "GLACIER_IR" },
    ];
    const bucket = new SimulatedBucket({ rules: [rule({ transitions })] });
    bucket.put("large", MIB, START);
    bucket.put("small", 128 * 1024 - 1, START);
    const classes = () => bucket.written.map((version) => version.classes.at(-1));
    live(bucket, 30);
    expect(classes()).toEqual(["STANDARD", "STANDARD"]);
    live(bucket, 31);
    expect(classes()).toEqual(["STANDARD_IA", "STANDARD"]);
    live(bucket, 91);
    expect(classes()).toEqual(["GLACIER_IR", "STANDARD"]);
  });

  it("aborts incomplete uploads, and applies rules only to their prefix", () => {
    const bucket = new SimulatedBucket({ rules: [rule({ prefix: "dumps/", abortUploadsAfterDays: 7 })] });
    bucket.beginUpload("dumps/a", START);
    bucket.beginUpload("restore-tests/a", START);
    live(bucket, 7);
    expect(bucket.unfinishedUploads).toHaveLength(2);
    live(bucket, 8);
    expect(bucket.unfinishedUploads.map(({ key }) => key)).toEqual(["restore-tests/a"]);
  });
});

describe("lifecycleRulesOf", () => {
  it("reads the rules of Terraform's configuration", () => {
    expect(
      lifecycleRulesOf({
        rule: [
          {
            id: "expire",
            status: "Enabled",
            filter: [{ prefix: "dumps/" }],
            expiration: [{ days: 10 }],
            noncurrent_version_expiration: [{ noncurrent_days: 5 }],
            transition: [{ days: 1, storage_class: "GLACIER_IR" }],
          },
          { id: "off", status: "Disabled", filter: [{ prefix: "" }], expiration: [{ days: 1 }] },
        ],
      }),
    ).toMatchObject([
      { id: "expire", prefix: "dumps/", expirationDays: 10, noncurrentDays: 5, transitions: [{ days: 1 }] },
    ]);
  });

  it.each([
    ["a part", { id: "x", status: "Enabled", noncurrent_version_transition: [{}] }],
    ["a filter", { id: "x", status: "Enabled", filter: [{ tag: [{}] }] }],
    [
      "an exception",
      { id: "x", status: "Enabled", noncurrent_version_expiration: [{ newer_noncurrent_versions: 3 }] },
    ],
  ])("rejects %s that it does not support", (_what, unknown) => {
    expect(() => lifecycleRulesOf({ rule: [unknown] })).toThrow(/does not support/);
  });
});
