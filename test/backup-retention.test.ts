import { beforeAll, describe, expect, it } from "vitest";
import { retentionViolations, type SimulatedYears, settingsOf, simulateYears } from "./backup-retention.js";
import type { BucketSettings, LifecycleRule } from "./simulators/bucket-lifecycle.js";
import { repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";
import type { Synthesized } from "./synthesized-constructs.js";

/*
 * Retention of backups. Simulates the buckets with their synthesized lifecycle rules for more than three years, with a
 * backup every four hours and an attacker who deletes and overwrites backups.
 */

const THREE_YEARS_IN_DAYS = 1095;
const DAY_MS = 86_400_000;

let stacks: ReadonlyMap<string, Synthesized>;
beforeAll(async () => {
  stacks = synthesizeApp(await repositoryConfiguration());
});

describe.each(["notejam-dev", "notejam-prod"])("%s: notes are kept for three years", (stack) => {
  describe.each(["bucket", "replica"] as const)("in the %s", (bucket) => {
    let years: SimulatedYears;
    beforeAll(() => {
      years = simulateYears(settingsOf(stackNamed(stacks, stack), bucket));
    });

    it("removes only dumps, manifests and restore-test records that are older than three years", () => {
      expect(retentionViolations(years, THREE_YEARS_IN_DAYS)).toEqual([]);
    });

    it("removes and keeps objects of each kind during the simulation", () => {
      const { written } = years.bucket;
      const removed = written.filter(({ removedAt }) => removedAt !== undefined);
      const kind = (versions: typeof written, end: string) =>
        versions.filter(({ key }) => key.endsWith(end)).length;
      for (const end of ["notejam.dump", "manifest.json"]) {
        expect(kind(removed, end), end).toBeGreaterThan(300);
        expect(kind(written, end) - kind(removed, end), end).toBeGreaterThan(6000);
      }
      expect(written.filter(({ key }) => key.startsWith("restore-tests/")).length).toBeGreaterThan(160);
    });

    it("keeps every backup of the last three years, including deleted and overwritten ones", () => {
      const { backups, endsAt } = years;
      const there = new Set(
        years.bucket.written
          .filter(
            ({ removedAt, bytes, key }) => removedAt === undefined && key.startsWith("dumps/") && bytes > 0,
          )
          .map(({ key }) => key),
      );
      const young = backups.filter(
        ({ fate, startedAt }) =>
          fate !== "upload incomplete" && endsAt - startedAt <= THREE_YEARS_IN_DAYS * DAY_MS,
      );
      expect(young.length).toBeGreaterThan(6000);
      expect(young.filter(({ dump, manifest }) => !there.has(dump) || !there.has(manifest))).toEqual([]);
    });
  });

  it("replicates all objects, but not deletions", () => {
    const { rule } = Object(stackNamed(stacks, stack).one("aws_s3_bucket_replication_configuration"));
    expect(rule).toMatchObject([
      { status: "Enabled", filter: { prefix: "" }, delete_marker_replication: { status: "Disabled" } },
    ]);
  });

  it("waits 30 days before and between transitions, as S3 requires", () => {
    for (const bucket of ["bucket", "replica"] as const) {
      for (const { transitions } of settingsOf(stackNamed(stacks, stack), bucket).rules) {
        const days = transitions.map((transition) => transition.days);
        expect([0, ...days].slice(0, -1).every((day, index) => (days[index] ?? 0) - day >= 30)).toBe(true);
      }
    }
  });
});

describe("the simulation reports", () => {
  const settings = (change: Partial<BucketSettings>): BucketSettings => ({
    ...settingsOf(stackNamed(stacks, "notejam-prod"), "bucket"),
    ...change,
  });
  const withRules = (change: (rule: LifecycleRule) => Partial<LifecycleRule>) =>
    settings({ rules: settings({}).rules.map((rule) => ({ ...rule, ...change(rule) })) });
  const violations = (changed: BucketSettings) =>
    retentionViolations(simulateYears(changed), THREE_YEARS_IN_DAYS).join("\n");

  it("a retention that is too short", () => {
    const shorter = withRules(({ expirationDays }) => ({ expirationDays: expirationDays && 1094 }));
    expect(violations(shorter)).toMatch(/hidden before 1095 days/);
  });

  it("a missing lock: deleted and overwritten versions are removed after a month", () => {
    expect(violations(settings({ lockDays: 0 }))).toMatch(/notejam\.dump: removed before 1095 days/);
  });

  it("a missing rule for restore-test records", () => {
    const incomplete = settings({
      rules: settings({}).rules.filter(({ prefix }) => prefix !== "restore-tests/"),
    });
    expect(violations(incomplete)).toMatch(/^restore-tests\/.*not removed after its retention$/m);
  });

  it("a storage class without millisecond access", () => {
    const archive = [{ days: 90, storageClass: "DEEP_ARCHIVE" }];
    expect(
      violations(withRules(({ transitions }) => ({ transitions: transitions.length ? archive : [] }))),
    ).toMatch(/in a storage class without millisecond access/);
  });

  it("noncurrent versions that are never removed", () => {
    expect(violations(withRules(() => ({ noncurrentDays: undefined })))).toMatch(
      /not removed after its retention/,
    );
  });

  it("incomplete uploads that are never aborted", () => {
    expect(violations(withRules(() => ({ abortUploadsAfterDays: undefined })))).toMatch(
      /incomplete upload was not aborted/,
    );
  });
});
