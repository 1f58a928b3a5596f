import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { describe, expect, it } from "vitest";
import { violations } from "../../../test/policy-check.js";
import { encryptedBucket } from "./encrypted-bucket.js";

describe("encrypted-bucket", () => {
  it("rejects a bucket without encryption configuration", () => {
    expect(violations(encryptedBucket, (stack) => new S3Bucket(stack, "bucket"))).toEqual([
      "bucket has no encryption configuration",
    ]);
  });

  it("accepts a bucket with one, with any key", () => {
    const found = violations(encryptedBucket, (stack) => {
      const { id } = new S3Bucket(stack, "bucket");
      new S3BucketServerSideEncryptionConfigurationA(stack, "encryption", {
        bucket: id,
        rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
      });
    });
    expect(found).toEqual([]);
  });
});
