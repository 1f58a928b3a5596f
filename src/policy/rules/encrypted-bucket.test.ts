import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { describe, expect, it } from "vitest";
import { findings } from "../../../test/policy-check.js";
import { encryptedBucket } from "./encrypted-bucket.js";

describe("encrypted-bucket", () => {
  it("refuses a bucket that does not say how it is encrypted", () => {
    expect(findings(encryptedBucket, (stack) => new S3Bucket(stack, "bucket"))).toEqual([
      "bucket does not say how it is encrypted",
    ]);
  });

  it("accepts one that does, by whatever key", () => {
    const found = findings(encryptedBucket, (stack) => {
      const { id } = new S3Bucket(stack, "bucket");
      new S3BucketServerSideEncryptionConfigurationA(stack, "encryption", {
        bucket: id,
        rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
      });
    });
    expect(found).toEqual([]);
  });
});
