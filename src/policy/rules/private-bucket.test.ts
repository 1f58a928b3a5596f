import { S3AccountPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-account-public-access-block/index.js";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { S3BucketAcl } from "@cdktf/provider-aws/lib/s3-bucket-acl/index.js";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import type { TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import { findings } from "../../../test/policy-check.js";
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
  it("refuses a bucket without public access block", () => {
    expect(findings(privateBucket, bucket())).toEqual(["bucket has no public access block"]);
  });

  it("refuses a block that is not whole, and names what is off", () => {
    expect(findings(privateBucket, bucket({ ...CLOSED, blockPublicPolicy: false }))).toEqual([
      "block leaves block_public_policy off",
    ]);
    expect(findings(privateBucket, bucket({ blockPublicAcls: true, ignorePublicAcls: true }))).toEqual([
      "block leaves block_public_policy, restrict_public_buckets off",
    ]);
  });

  it("refuses an access list that admits others", () => {
    const found = findings(privateBucket, (stack) => {
      new S3BucketAcl(stack, "acl", { bucket: bucket(CLOSED)(stack), acl: "public-read" });
    });
    expect(found).toEqual(["acl has the access list public-read"]);
  });

  it("refuses an account that lets its buckets be public", () => {
    const account = (block: object) =>
      findings(privateBucket, (stack) => new S3AccountPublicAccessBlock(stack, "account", block));
    expect(account({ ...CLOSED, restrictPublicBuckets: false })).toEqual([
      "account leaves restrict_public_buckets off",
    ]);
    expect(account(CLOSED)).toEqual([]);
  });

  it("accepts a bucket that is blocked four ways", () => {
    expect(findings(privateBucket, bucket(CLOSED))).toEqual([]);
  });
});
