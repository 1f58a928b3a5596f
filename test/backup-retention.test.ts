import { beforeAll, describe, expect, it } from "vitest";
import { faultsOf, type LifeOfBackups, liveThreeYears, settingsOf } from "./backup-retention.js";
import type { BucketSettings, LifecycleRule } from "./simulators/bucket-lifecycle.js";
import { repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";
import type { Synthesized } from "./synthesized-constructs.js";

/*
 * Notes are kept up to three years. The buckets of dumps live by their synthesized rules through three years and a
 * month, with a backup every four hours, and somebody who deletes and overwrites what he can.
 */

const THREE_YEARS_IN_DAYS = 1095;
const DAY_MS = 86_400_000;

let stacks: ReadonlyMap<string, Synthesized>;
beforeAll(async () => {
  stacks = synthesizeApp(await repositoryConfiguration());
});

describe.each(["notejam-dev", "notejam-prod"])("%s: notes are kept three years", (stack) => {
  describe.each(["bucket", "replica"] as const)("in the %s", (bucket) => {
    let life: LifeOfBackups;
    beforeAll(() => {
      life = liveThreeYears(settingsOf(stackNamed(stacks, stack), bucket));
    });

    it("removes dumps, manifests and proofs that are older than three years, and nothing else", () => {
      expect(faultsOf(life, THREE_YEARS_IN_DAYS)).toEqual([]);
    });

    it("had something to remove and something to keep", () => {
      const { written } = life.bucket;
      const removed = written.filter(({ removedAt }) => removedAt !== undefined);
      const kind = (versions: typeof written, end: string) =>
        versions.filter(({ key }) => key.endsWith(end)).length;
      for (const end of ["notejam.dump", "manifest.json"]) {
        expect(kind(removed, end), end).toBeGreaterThan(300);
        expect(kind(written, end) - kind(removed, end), end).toBeGreaterThan(6000);
      }
      expect(written.filter(({ key }) => key.startsWith("restore-tests/")).length).toBeGreaterThan(160);
    });

    it("has every backup of the last three years on its last day, those that were deleted or overwritten too", () => {
      const { backups, endsAt } = life;
      const there = new Set(
        life.bucket.written
          .filter(
            ({ removedAt, bytes, key }) => removedAt === undefined && key.startsWith("dumps/") && bytes > 0,
          )
          .map(({ key }) => key),
      );
      const young = backups.filter(
        ({ story, startedAt }) =>
          story !== "never finished" && endsAt - startedAt <= THREE_YEARS_IN_DAYS * DAY_MS,
      );
      expect(young.length).toBeGreaterThan(6000);
      expect(young.filter(({ dump, manifest }) => !there.has(dump) || !there.has(manifest))).toEqual([]);
    });
  });

  it("copies dumps, manifests and proofs alike, and no deletion", () => {
    const { rule } = Object(stackNamed(stacks, stack).one("aws_s3_bucket_replication_configuration"));
    expect(rule).toMatchObject([
      { status: "Enabled", filter: { prefix: "" }, delete_marker_replication: { status: "Disabled" } },
    ]);
  });

  it("asks S3 for nothing that it refuses: a month before the first move, and a month between two", () => {
    for (const bucket of ["bucket", "replica"] as const) {
      for (const { transitions } of settingsOf(stackNamed(stacks, stack), bucket).rules) {
        const days = transitions.map((transition) => transition.days);
        expect([0, ...days].slice(0, -1).every((day, index) => (days[index] ?? 0) - day >= 30)).toBe(true);
      }
    }
  });
});

describe("the simulated years find what would go wrong with", () => {
  const settings = (change: Partial<BucketSettings>): BucketSettings => ({
    ...settingsOf(stackNamed(stacks, "notejam-prod"), "bucket"),
    ...change,
  });
  const withRules = (change: (rule: LifecycleRule) => Partial<LifecycleRule>) =>
    settings({ rules: settings({}).rules.map((rule) => ({ ...rule, ...change(rule) })) });
  const faults = (changed: BucketSettings) =>
    faultsOf(liveThreeYears(changed), THREE_YEARS_IN_DAYS).join("\n");

  it("a shorter retention", () => {
    const shorter = withRules(({ expirationDays }) => ({ expirationDays: expirationDays && 1094 }));
    expect(faults(shorter)).toMatch(/hidden before 1095 days/);
  });

  it("no lock: what was deleted or overwritten goes a month later", () => {
    expect(faults(settings({ lockDays: 0 }))).toMatch(/notejam\.dump: removed before 1095 days/);
  });

  it("a rule that forgets proofs", () => {
    const forgetting = settings({
      rules: settings({}).rules.filter(({ prefix }) => prefix !== "restore-tests/"),
    });
    expect(faults(forgetting)).toMatch(/^restore-tests\/.*still there long after its time$/m);
  });

  it("an archive from which nothing can be read at once", () => {
    const archive = [{ days: 90, storageClass: "DEEP_ARCHIVE" }];
    expect(
      faults(withRules(({ transitions }) => ({ transitions: transitions.length ? archive : [] }))),
    ).toMatch(/in a class that does not answer at once/);
  });

  it("noncurrent versions that nobody removes", () => {
    expect(faults(withRules(() => ({ noncurrentDays: undefined })))).toMatch(
      /still there long after its time/,
    );
  });

  it("uploads that nobody aborts", () => {
    expect(faults(withRules(() => ({ abortUploadsAfterDays: undefined })))).toMatch(
      /an upload that nobody finished is still there/,
    );
  });
});
