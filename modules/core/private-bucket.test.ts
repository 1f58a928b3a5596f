import { describe, expect, it } from "vitest";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { PrivateBucket, type PrivateBucketProps } from "./private-bucket.js";

const KEY = "arn:aws:kms:eu-west-1:123456789012:key/mrk-1";
const props: PrivateBucketProps = {
  name: "notejam-dev-eu-west-1-backup-123456789012",
  partition: "aws",
  encryption: { kmsKeyArn: KEY },
  lifecycleRules: [],
};
const bucketWith = (changes: Partial<PrivateBucketProps>) =>
  synthesize((scope) => new PrivateBucket(scope, "backup", { ...props, ...changes }));

describe("PrivateBucket", () => {
  const stack = bucketWith({});
  const policy = statementsOf(stack.one("aws_s3_bucket_policy").policy);

  it("blocks public access and disables ACLs", () => {
    expect(stack.one("aws_s3_bucket_public_access_block")).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(stack.one("aws_s3_bucket_ownership_controls").rule).toEqual({
      object_ownership: "BucketOwnerEnforced",
    });
  });

  it("encrypts with the given key and enables versioning", () => {
    const [rule] = stack.one("aws_s3_bucket_server_side_encryption_configuration").rule as unknown[];
    expect(rule).toEqual({
      apply_server_side_encryption_by_default: { kms_master_key_id: KEY, sse_algorithm: "aws:kms" },
      bucket_key_enabled: true,
    });
    expect(stack.one("aws_s3_bucket_versioning").versioning_configuration).toEqual({ status: "Enabled" });
  });

  it.each([
    ["DenyInsecureTransport", { Bool: { "aws:SecureTransport": "false" } }],
    ["DenyOutdatedTls", { NumericLessThan: { "s3:TlsVersion": "1.2" } }],
    [
      "DenyOtherKeys",
      {
        StringNotEquals: { "s3:x-amz-server-side-encryption-aws-kms-key-id": KEY },
        Null: { "s3:x-amz-server-side-encryption-aws-kms-key-id": "false" },
      },
    ],
    [
      "DenyOtherEncryption",
      {
        StringNotEquals: { "s3:x-amz-server-side-encryption": "aws:kms" },
        Null: { "s3:x-amz-server-side-encryption": "false" },
      },
    ],
  ])("%s applies to all identities", (sid, condition) => {
    expect(policy.find((statement) => statement.Sid === sid)).toMatchObject({
      Effect: "Deny",
      Principal: "*",
      Condition: condition,
    });
  });

  it("aborts incomplete uploads after a week, in addition to the given rules", () => {
    const withRule = bucketWith({
      lifecycleRules: [{ id: "expire", status: "Enabled", expiration: [{ days: 30 }] }],
    });
    const rules = withRule.one("aws_s3_bucket_lifecycle_configuration").rule as { id: string }[];
    expect(rules.map((rule) => rule.id)).toEqual(["expire", "abort-unfinished-uploads"]);
    expect(rules[1]).toMatchObject({ abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }] });
  });

  it("locks new objects for the given days, and requires versioning", () => {
    const locked = bucketWith({ objectLock: { mode: "COMPLIANCE", days: 1095 } });
    expect(locked.one("aws_s3_bucket")).toMatchObject({ object_lock_enabled: true });
    expect(locked.one("aws_s3_bucket_object_lock_configuration").rule).toEqual({
      default_retention: { days: 1095, mode: "COMPLIANCE" },
    });
    expect(() => bucketWith({ objectLock: { mode: "COMPLIANCE", days: 1 }, versioned: false })).toThrow(
      /versioned/,
    );
  });

  it("uses SSE-S3 for a reason, without conditions on upload keys", () => {
    const own = bucketWith({ encryption: { sseS3Because: "ALB log delivery cannot use a customer key" } });
    expect(JSON.stringify(own.one("aws_s3_bucket_server_side_encryption_configuration"))).toContain("AES256");
    const sids = statementsOf(own.one("aws_s3_bucket_policy").policy).map((statement) => statement.Sid);
    expect(sids).toEqual(["DenyInsecureTransport", "DenyOutdatedTls"]);
  });

  it("cannot be destroyed with objects by default", () => {
    expect(stack.one("aws_s3_bucket")).toMatchObject({ force_destroy: false });
  });
});
