import type { PolicyStatement } from "@notejam/constructs/core/iam-policy";
import { beforeAll, describe, expect, it } from "vitest";
import { isPermitted } from "./simulators/iam-policy.js";
import { repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";
import type { Synthesized } from "./synthesized-constructs.js";
import { arnOf, type Identity, identitiesIn, policiesFor, statementsAbout } from "./synthesized-rights.js";

/*
 * Permissions on backups of every role, evaluated from all synthesized policies: of identities, permissions boundaries,
 * buckets and keys.
 */

/** Actions that delete backups or remove their lock. */
const ON_BACKUPS = [
  "s3:BypassGovernanceRetention",
  "s3:DeleteObject",
  "s3:DeleteObjectVersion",
  "s3:PutObjectRetention",
  "s3:ReplicateDelete",
];

/** Actions that change the retention or replication of future backups. */
const ON_BUCKETS = [
  "s3:DeleteBucket",
  "s3:DeleteBucketPolicy",
  "s3:PutBucketObjectLockConfiguration",
  "s3:PutBucketPolicy",
  "s3:PutBucketVersioning",
  "s3:PutEncryptionConfiguration",
  "s3:PutLifecycleConfiguration",
  "s3:PutReplicationConfiguration",
];

/** Actions that can make backups unreadable. */
const ON_KEYS = [
  "kms:CreateGrant",
  "kms:DisableKey",
  "kms:PutKeyPolicy",
  "kms:ReplicateKey",
  "kms:ScheduleKeyDeletion",
  "kms:UpdatePrimaryRegion",
];

let stacks: ReadonlyMap<string, Synthesized>;
beforeAll(async () => {
  stacks = synthesizeApp(await repositoryConfiguration());
});

describe.each(["dev", "prod"])("%s: the backups", (environment) => {
  const platform = () => stackNamed(stacks, `notejam-${environment}`);
  const bootstrap = () => stackNamed(stacks, "notejam-bootstrap");

  /** Buckets of backups with their keys and policies. */
  const backupBuckets = () =>
    [
      { bucket: /^backup-storage_bucket_/, key: ["aws_kms_key", /^kms_s3_key_/] as const },
      { bucket: /^backup-storage_replica_/, key: ["aws_kms_replica_key", /^kms_s3_replica_/] as const },
    ].map(({ bucket, key: [type, id] }) => {
      const key = platform().one(type, id);
      return {
        bucketArn: arnOf(platform(), "aws_s3_bucket", platform().one("aws_s3_bucket", bucket).id),
        bucketPolicy: platform().one("aws_s3_bucket_policy", bucket).policy,
        keyArn: arnOf(platform(), type, key.id),
        keyPolicy: key.policy,
      };
    });

  const identities = () => [
    ...identitiesIn(platform(), bootstrap()),
    ...identitiesIn(bootstrap(), bootstrap()),
  ];
  const applyRole = (identity: Identity) => identity.name === `notejam-${environment}-apply`;
  const identity = (ending: string): Identity => {
    const found = identities().find(({ name }) => name.endsWith(`-${ending}`));
    if (!found) throw new Error(`no role name ends with ${ending}`);
    return found;
  };

  const context = {
    "aws:SecureTransport": "true",
    "s3:TlsVersion": "1.3",
    "aws:RequestedRegion": "eu-west-1",
    "aws:ResourceTag/Environment": environment,
  };

  function isAllowed(
    who: Identity,
    action: string,
    resource: string,
    resourceStatements: readonly PolicyStatement[],
  ): boolean {
    return isPermitted(policiesFor(who, resourceStatements), { action, resource, context });
  }

  /** Allowed actions on backups as `role action resource`; optionally without the bucket policies. */
  function allowedOnBackups(who: Identity, actions = ON_BACKUPS, withBucketPolicy = true): string[] {
    return backupBuckets().flatMap(({ bucketArn, bucketPolicy }) => {
      const statements = withBucketPolicy ? statementsAbout(who, platform(), bucketPolicy) : [];
      return ["dumps/2026/11/01/x/notejam.dump", "dumps/2026/11/01/x/manifest.json", "restore-tests/x/y.json"]
        .flatMap((key) => actions.map((action) => ({ action, resource: `${bucketArn}/${key}` })))
        .filter(({ action, resource }) => isAllowed(who, action, resource, statements))
        .map(({ action, resource }) => `${who.name} ${action} ${resource}`);
    });
  }

  function allowedOnBuckets(who: Identity): string[] {
    return backupBuckets().flatMap(({ bucketArn, bucketPolicy }) =>
      ON_BUCKETS.filter((action) =>
        isAllowed(who, action, bucketArn, statementsAbout(who, platform(), bucketPolicy)),
      ).map((action) => `${who.name} ${action}`),
    );
  }

  function allowedOnKeys(who: Identity): string[] {
    return backupBuckets().flatMap(({ keyArn, keyPolicy }) =>
      ON_KEYS.filter((action) =>
        isAllowed(who, action, keyArn, statementsAbout(who, platform(), keyPolicy)),
      ).map((action) => `${who.name} ${action}`),
    );
  }

  it("are tested with every role: of pods, nodes, AWS services and pipelines", () => {
    const names = identities().map(({ name }) => name);
    expect(names.length).toBeGreaterThan(20);
    for (const ending of [
      "notejam",
      "notejam-backup",
      "notejam-restore",
      "notejam-migrate",
      "node",
      "backup-replication",
      "github-actions",
      "plan",
      "apply",
    ])
      expect(names.filter((name) => name.endsWith(`-${ending}`)).length, ending).toBeGreaterThan(0);
  });

  it("cannot be deleted, hidden or unlocked by any role, including the apply role", () => {
    expect(identities().flatMap((who) => allowedOnBackups(who))).toEqual([]);
  });

  it("stay locked without the bucket policy", () => {
    const withoutPolicy = (actions: readonly string[]) =>
      identities().flatMap((who) => allowedOnBackups(who, [...actions], false));
    expect(withoutPolicy(["s3:BypassGovernanceRetention"])).toEqual([]);
    // The apply role could then delete objects that are not locked, and hide locked ones with a delete marker.
    expect(new Set(withoutPolicy(["s3:DeleteObject"]).map((line) => line.split(" ")[0]))).toEqual(
      new Set([`notejam-${environment}-apply`]),
    );
  });

  it("have settings that only the apply role can change: lifecycle, lock, versioning, replication", () => {
    const others = identities().filter((who) => !applyRole(who));
    expect(others.flatMap(allowedOnBuckets)).toEqual([]);
    expect(identities().filter(applyRole).flatMap(allowedOnBuckets).length).toBeGreaterThan(0);
  });

  it("stay readable: only apply roles can delete a key, after a waiting period of at least 7 days", () => {
    const others = identities().filter((who) => !applyRole(who) && who.name !== "notejam-bootstrap-apply");
    expect(others.flatMap(allowedOnKeys)).toEqual([]);
    const keys = platform().resources("aws_kms_key");
    for (const key of keys) expect(Number(key.deletion_window_in_days), key.id).toBeGreaterThanOrEqual(7);
  });

  it("can be written by the backup job only, and read by restore jobs only", () => {
    const [bucket] = backupBuckets();
    const bucketArn = bucket?.bucketArn ?? "";
    const can = (ending: string, action: string, resource: string, more: Record<string, string> = {}) =>
      isPermitted(
        policiesFor(identity(ending), statementsAbout(identity(ending), platform(), bucket?.bucketPolicy)),
        {
          action,
          resource,
          context: { ...context, ...more },
        },
      );
    const rights = (ending: string) => ({
      readsDumps: can(ending, "s3:GetObject", `${bucketArn}/dumps/x/notejam.dump`),
      writesDumps: can(ending, "s3:PutObject", `${bucketArn}/dumps/x/notejam.dump`),
      writesRestoreTests: can(ending, "s3:PutObject", `${bucketArn}/restore-tests/x/y.json`),
      listsDumps: can(ending, "s3:ListBucket", bucketArn, { "s3:prefix": "dumps/2026/" }),
      listsRestoreTests: can(ending, "s3:ListBucket", bucketArn, { "s3:prefix": "restore-tests/" }),
      encrypts: can(ending, "kms:GenerateDataKey", bucket?.keyArn ?? "", {
        "kms:EncryptionContext:aws:s3:arn": bucketArn,
      }),
      writesMetrics: can(ending, "cloudwatch:PutMetricData", "*", {
        "cloudwatch:namespace": "Notejam/Backups",
      }),
      writesOtherMetrics: can(ending, "cloudwatch:PutMetricData", "*", { "cloudwatch:namespace": "AWS/RDS" }),
    });
    const nothing = Object.fromEntries(Object.keys(rights("notejam")).map((right) => [right, false]));
    const common = {
      ...nothing,
      listsDumps: true,
      listsRestoreTests: true,
      encrypts: true,
      writesMetrics: true,
    };
    expect(rights("notejam-backup")).toEqual({ ...common, writesDumps: true });
    expect(rights("notejam-restore")).toEqual({ ...common, readsDumps: true, writesRestoreTests: true });
    expect(rights("eu-west-1-notejam")).toEqual(nothing);
    expect(rights("notejam-migrate")).toEqual(nothing);
  });
});
