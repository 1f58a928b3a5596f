import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy/index.js";
import { describe, expect, it } from "vitest";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
import { BackupStorage, type BackupStorageProps } from "./backup-storage.js";
import { ReplicationAlarm } from "./replication-alarm.js";

const storageWith = (changes: Partial<BackupStorageProps> = {}) =>
  synthesize(
    (scope, { replica }) =>
      new BackupStorage(scope, "backups", {
        globalName: "notejam-prod-eu-west-1",
        account: new AwsAccount(scope, "account", { region: "eu-west-1" }),
        kmsKeyArn: "key-here",
        replica: { provider: replica, kmsKeyArn: "key-there" },
        retentionDays: 1095,
        objectLockMode: "COMPLIANCE",
        prefixes: [
          { name: "dumps", isArchived: true },
          { name: "restore-tests", isArchived: false },
        ],
        accessLogs: { bucketName: "notejam-logs", prefix: "s3/backup/" },
        ...changes,
      }),
  );

interface LifecycleRule {
  readonly id: string;
  readonly filter: unknown;
  readonly expiration?: readonly { readonly days?: number }[];
  readonly transition?: readonly { readonly days: number; readonly storage_class: string }[];
}

describe("BackupStorage", () => {
  const stack = storageWith();
  const inRegion = (type: string, provider: string | undefined) => {
    const [block] = stack.resources(type).filter((candidate) => candidate.provider === provider);
    if (!block) throw new Error(`no ${type} under the provider ${provider ?? "aws"}`);
    return block;
  };
  const lifecycle = (provider: string | undefined) =>
    inRegion("aws_s3_bucket_lifecycle_configuration", provider).rule as LifecycleRule[];

  it.each([
    ["in the primary region", undefined],
    ["in the DR region", "aws.dr"],
  ])("keeps all prefixes for the retention, %s", (_where, provider) => {
    for (const what of ["dumps", "restore-tests"]) {
      const rule = lifecycle(provider).find(({ id }) => id === `expire-${what}`);
      expect(rule).toMatchObject({ expiration: [{ days: 1095 }], filter: [{ prefix: `${what}/` }] });
    }
    const others = lifecycle(provider).filter(({ id }) => !/^expire-(dumps|restore-tests)$/.test(id));
    expect(others.flatMap(({ expiration }) => expiration ?? []).filter(({ days }) => days)).toEqual([]);
  });

  it.each([
    ["in the primary region", undefined],
    ["in the DR region", "aws.dr"],
  ])("denies deletion and changes of locks to all identities, %s", (_where, provider) => {
    const denial = statementsOf(inRegion("aws_s3_bucket_policy", provider).policy).find(
      ({ Sid }) => Sid === "DenyDelete",
    );
    expect(denial).toMatchObject({
      Effect: "Deny",
      Principal: "*",
      Action: [
        "s3:BypassGovernanceRetention",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:PutObjectRetention",
        "s3:ReplicateDelete",
      ],
      Resource: [expect.stringMatching(/-backup(-replica)?-.*\/\*$/)],
    });
  });

  it.each([
    ["in the primary region", undefined],
    ["in the DR region", "aws.dr"],
  ])("locks objects for the retention, %s", (_where, provider) => {
    expect(inRegion("aws_s3_bucket", provider)).toMatchObject({ object_lock_enabled: true });
    expect(inRegion("aws_s3_bucket_object_lock_configuration", provider).rule).toEqual({
      default_retention: { mode: "COMPLIANCE", days: 1095 },
    });
  });

  it("moves dumps to cheaper storage classes with instant access", () => {
    const classes = lifecycle(undefined).flatMap(({ transition }) => transition ?? []);
    expect(classes).toEqual([
      { days: 30, storage_class: "STANDARD_IA" },
      { days: 90, storage_class: "GLACIER_IR" },
    ]);
  });

  it("replicates to the DR region within 15 minutes, with the key there", () => {
    const [rule] = stack.one("aws_s3_bucket_replication_configuration").rule as Record<string, unknown>[];
    expect(rule).toMatchObject({
      status: "Enabled",
      filter: { prefix: "" },
      source_selection_criteria: { sse_kms_encrypted_objects: { status: "Enabled" } },
      destination: {
        bucket: `\${aws_s3_bucket.${inRegion("aws_s3_bucket", "aws.dr").id}.arn}`,
        encryption_configuration: { replica_kms_key_id: "key-there" },
        replication_time: { status: "Enabled", time: { minutes: 15 } },
        metrics: { status: "Enabled", event_threshold: { minutes: 15 } },
      },
    });
  });

  it("does not replicate deletions, and the role cannot delete", () => {
    const [rule] = stack.one("aws_s3_bucket_replication_configuration").rule as Record<string, unknown>[];
    expect(rule?.delete_marker_replication).toEqual({ status: "Disabled" });
    const actions = statementsOf(stack.one("aws_iam_role_policy").policy).flatMap(
      ({ Action }) => Action ?? [],
    );
    expect(actions.filter((action) => /Delete|Put|\*/.test(action))).toEqual([]);
  });

  it("replicates after versioning of both buckets is enabled", () => {
    const versioning = stack
      .resources("aws_s3_bucket_versioning")
      .map(({ id }) => `aws_s3_bucket_versioning.${id}`);
    expect(versioning).toHaveLength(2);
    const { depends_on } = stack.one("aws_s3_bucket_replication_configuration");
    expect([...(depends_on as string[])].sort()).toEqual(versioning.sort());
  });

  it("lets replication use the two keys for these two buckets only", () => {
    const statements = statementsOf(stack.one("aws_iam_role_policy").policy);
    const uses = statements.filter(({ Action }) => Action?.some((action) => action.startsWith("kms:")));
    expect(uses.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [["kms:Decrypt"], ["key-here"]],
      [["kms:Encrypt", "kms:GenerateDataKey"], ["key-there"]],
    ]);
    for (const { Condition } of uses) {
      expect(Condition?.StringLike?.["kms:EncryptionContext:aws:s3:arn"]).toHaveLength(2);
    }
  });

  it("names both buckets with account and region, within 63 characters", () => {
    const longest = storageWith({ globalName: "notejam-staging-ap-southeast-100" });
    const names = longest.resources("aws_s3_bucket").map(({ bucket }) => String(bucket));
    expect(names).toHaveLength(2);
    for (const name of names) {
      expect(name).toMatch(/^notejam-staging-ap-southeast-100-backup.*-\$\{data\.aws_caller_identity/);
      expect(name.replace(/\$\{[^}]*\}/, "123456789012").length).toBeLessThanOrEqual(63);
    }
  });

  it("logs access and prevents deletion with objects", () => {
    expect(stack.one("aws_s3_bucket_logging")).toMatchObject({
      target_bucket: "notejam-logs",
      target_prefix: "s3/backup/",
    });
    expect(stack.resources("aws_s3_bucket").every((bucket) => bucket.force_destroy === false)).toBe(true);
  });

  it.each([0, 1095.5, 36_501])("rejects a retention of %d days", (retentionDays) => {
    expect(() => storageWith({ retentionDays })).toThrow(/whole number from 1 to 36500/);
  });
});

describe("ReplicationAlarm", () => {
  it("notifies a topic of late replication, after the topic policy exists", () => {
    const stack = synthesize((scope) => {
      const topicPolicy = new SnsTopicPolicy(scope, "policy", { arn: "topic", policy: "{}" });
      new ReplicationAlarm(scope, "notice", { bucketName: "backups", topicArn: "topic", topicPolicy });
    });
    expect(stack.one("aws_s3_bucket_notification")).toMatchObject({
      bucket: "backups",
      topic: [
        {
          topic_arn: "topic",
          events: ["s3:Replication:OperationMissedThreshold", "s3:Replication:OperationNotTracked"],
        },
      ],
      depends_on: ["aws_sns_topic_policy.policy"],
    });
  });
});
