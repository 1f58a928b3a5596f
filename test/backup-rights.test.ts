import { beforeAll, describe, expect, it } from "vitest";
import type { PolicyStatement } from "../modules/blocks/iam-policy.js";
import { isPermitted } from "./simulators/iam-policy.js";
import { repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";
import type { Synthesized } from "./synthesized-constructs.js";
import { arnOf, type Identity, identitiesIn, policiesFor, saidAbout } from "./synthesized-rights.js";

/*
 * Nothing is lost: who may do what to the backups, decided by all synthesized policies together (of identities, their
 * boundary, the buckets and the keys), for every role that there is.
 */

/** What takes a backup away, or its lock. */
const ON_BACKUPS = [
  "s3:BypassGovernanceRetention",
  "s3:DeleteObject",
  "s3:DeleteObjectVersion",
  "s3:PutObjectRetention",
  "s3:ReplicateDelete",
];

/** What changes how long backups to come are kept, or whether they are copied. */
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

/** What makes them unreadable. */
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

  /** Where backups lie, and under which key. */
  const places = () =>
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
    if (!found) throw new Error(`no role ends in ${ending}`);
    return found;
  };

  const context = {
    "aws:SecureTransport": "true",
    "s3:TlsVersion": "1.3",
    "aws:RequestedRegion": "eu-west-1",
    "aws:ResourceTag/Environment": environment,
  };

  function may(who: Identity, action: string, resource: string, said: readonly PolicyStatement[]): boolean {
    return isPermitted(policiesFor(who, said), { action, resource, context });
  }

  /** What of the list somebody may do to backups, in words; with the buckets' policies or as if they were gone. */
  function harmToBackups(who: Identity, actions = ON_BACKUPS, withBucketPolicy = true): string[] {
    return places().flatMap(({ bucketArn, bucketPolicy }) => {
      const said = withBucketPolicy ? saidAbout(who, platform(), bucketPolicy) : [];
      return ["dumps/2026/11/01/x/notejam.dump", "dumps/2026/11/01/x/manifest.json", "restore-tests/x/y.json"]
        .flatMap((key) => actions.map((action) => ({ action, resource: `${bucketArn}/${key}` })))
        .filter(({ action, resource }) => may(who, action, resource, said))
        .map(({ action, resource }) => `${who.name} ${action} ${resource}`);
    });
  }

  function harmToBuckets(who: Identity): string[] {
    return places().flatMap(({ bucketArn, bucketPolicy }) =>
      ON_BUCKETS.filter((action) =>
        may(who, action, bucketArn, saidAbout(who, platform(), bucketPolicy)),
      ).map((action) => `${who.name} ${action}`),
    );
  }

  function harmToKeys(who: Identity): string[] {
    return places().flatMap(({ keyArn, keyPolicy }) =>
      ON_KEYS.filter((action) => may(who, action, keyArn, saidAbout(who, platform(), keyPolicy))).map(
        (action) => `${who.name} ${action}`,
      ),
    );
  }

  it("know every role: of the cluster's pods and nodes, of AWS's services, of the pipelines", () => {
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

  it("are deleted, hidden or unlocked by nobody, the role that Terraform applies with included", () => {
    expect(identities().flatMap((who) => harmToBackups(who))).toEqual([]);
  });

  it("stay locked also where somebody has taken the bucket's policy away", () => {
    const withoutPolicy = (actions: readonly string[]) =>
      identities().flatMap((who) => harmToBackups(who, [...actions], false));
    expect(withoutPolicy(["s3:BypassGovernanceRetention"])).toEqual([]);
    // It could then delete what is not locked, and hide what is.
    expect(new Set(withoutPolicy(["s3:DeleteObject"]).map((line) => line.split(" ")[0]))).toEqual(
      new Set([`notejam-${environment}-apply`]),
    );
  });

  it("keep their rules: only the role that Terraform applies with changes lifecycle, lock, versioning or copying", () => {
    const others = identities().filter((who) => !applyRole(who));
    expect(others.flatMap(harmToBuckets)).toEqual([]);
    expect(identities().filter(applyRole).flatMap(harmToBuckets).length).toBeGreaterThan(0);
  });

  it("stay readable: only who applies stacks ends a key, which takes its days of grace", () => {
    const others = identities().filter((who) => !applyRole(who) && who.name !== "notejam-bootstrap-apply");
    expect(others.flatMap(harmToKeys)).toEqual([]);
    const keys = platform().resources("aws_kms_key");
    for (const key of keys) expect(Number(key.deletion_window_in_days), key.id).toBeGreaterThanOrEqual(7);
  });

  it("are written by the backup job and proven by the drill, each only what is its own", () => {
    const [here] = places();
    const bucketArn = here?.bucketArn ?? "";
    const can = (ending: string, action: string, resource: string, more: Record<string, string> = {}) =>
      isPermitted(
        policiesFor(identity(ending), saidAbout(identity(ending), platform(), here?.bucketPolicy)),
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
      encrypts: can(ending, "kms:GenerateDataKey", here?.keyArn ?? "", {
        "kms:EncryptionContext:aws:s3:arn": bucketArn,
      }),
      reports: can(ending, "cloudwatch:PutMetricData", "*", { "cloudwatch:namespace": "Notejam/Backups" }),
      reportsAnything: can(ending, "cloudwatch:PutMetricData", "*", { "cloudwatch:namespace": "AWS/RDS" }),
    });
    const nothing = Object.fromEntries(Object.keys(rights("notejam")).map((right) => [right, false]));
    const both = {
      ...nothing,
      listsDumps: true,
      listsRestoreTests: true,
      encrypts: true,
      reports: true,
    };
    expect(rights("notejam-backup")).toEqual({ ...both, writesDumps: true });
    expect(rights("notejam-restore")).toEqual({ ...both, readsDumps: true, writesRestoreTests: true });
    expect(rights("eu-west-1-notejam")).toEqual(nothing);
    expect(rights("notejam-migrate")).toEqual(nothing);
  });
});
