import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
import { ReplicatedBackups } from "./replicated-backups.js";

describe("ReplicatedBackups", () => {
  let dumps: ReplicatedBackups | undefined;
  const stack = synthesize((scope) => {
    dumps = new ReplicatedBackups(scope, "dumps", {
      account: new AwsAccount(scope, "account", { region: "eu-central-1" }),
      bucketName: "notejam-prod-eu-west-1-backup-replica-123456789012",
      keyAlias: "alias/s3-cmk-prod-replica",
    });
    return dumps;
  });

  it("reads the key in its own region", () => {
    expect(stack.data("aws_kms_alias")).toEqual([
      expect.objectContaining({ name: "alias/s3-cmk-prod-replica" }),
    ]);
    expect(stack.data("aws_kms_alias")[0]).not.toHaveProperty("provider");
  });

  it("returns the bucket ARN without region and account", () => {
    expect(dumps?.bucketArn).toMatch(/:s3:::notejam-prod-eu-west-1-backup-replica-123456789012$/);
  });
});
