import { S3AccountPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-account-public-access-block/index.js";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { S3BucketAcl } from "@cdktf/provider-aws/lib/s3-bucket-acl/index.js";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import type { TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import { violations } from "../../../test/policy-check.js";
import { privateBucket } from "./private-bucket.js";

const CLOSED = {
  blockPublicAcls: true,
  blockPublicPolicy: true,
  ignorePublicAcls: true,
  restrictPublicBuckets: true,
};

const bucket = (block?: Partial<typeof CLOSED>) => (stack: TerraformStack) => {
  const { id } = new S3Bucket(stack, "bucket");
  if (block) new S3BucketPublicAccessBlock(stack, "block", { bucket: id, ...block });
  return id;
};

describe("private-bucket", () => {
  it("rejects a bucket without public access block", () => {
    expect(violations(privateBucket, bucket())).toEqual(["bucket has no public access block"]);
  });

  it("rejects a public access block with disabled settings, and names them", () => {
    expect(violations(privateBucket, bucket({ ...CLOSED, blockPublicPolicy: false }))).toEqual([
      "block does not enable block_public_policy",
    ]);
    expect(violations(privateBucket, bucket({ blockPublicAcls: true, ignorePublicAcls: true }))).toEqual([
      "block does not enable block_public_policy, restrict_public_buckets",
    ]);
  });

  it("rejects a public ACL", () => {
    const found = violations(privateBucket, (stack) => {
      new S3BucketAcl(stack, "acl", { bucket: bucket(CLOSED)(stack), acl: "public-read" });
    });
    expect(found).toEqual(["acl has the ACL public-read"]);
  });

  it("rejects an account that allows public buckets", () => {
    const account = (block: object) =>
      violations(privateBucket, (stack) => new S3AccountPublicAccessBlock(stack, "account", block));
    expect(account({ ...CLOSED, restrictPublicBuckets: false })).toEqual([
      "account does not enable restrict_public_buckets",
    ]);
    expect(account(CLOSED)).toEqual([]);
  });

  it("accepts a bucket with all four settings", () => {
    expect(violations(privateBucket, bucket(CLOSED))).toEqual([]);
  });
});
