import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
import { LogStorage } from "./log-storage.js";

describe("LogStorage", () => {
  const stack = synthesize((scope) => {
    new LogStorage(scope, "loki", {
      globalName: "notejam-dev-eu-west-1",
      account: new AwsAccount(scope, "account", { region: "eu-west-1" }),
      kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/s3",
      expireDays: 90,
      accessLogs: { bucketName: "logs", prefix: "s3/loki/" },
    });
  });

  it("expires logs and keeps no versions", () => {
    const [expire] = stack.one("aws_s3_bucket_lifecycle_configuration").rule as unknown[];
    expect(expire).toMatchObject({ id: "expire", status: "Enabled", expiration: [{ days: 90 }] });
    expect(stack.count("aws_s3_bucket_versioning")).toBe(0);
  });

  it("is encrypted with the given key, and logs access", () => {
    expect(JSON.stringify(stack.one("aws_s3_bucket_server_side_encryption_configuration"))).toContain(
      "key/s3",
    );
    expect(stack.one("aws_s3_bucket_logging")).toMatchObject({
      target_bucket: "logs",
      target_prefix: "s3/loki/",
    });
  });
});
