import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../blocks/aws-account.js";
import { ReceivedDumps } from "./received-dumps.js";

describe("ReceivedDumps", () => {
  let dumps: ReceivedDumps | undefined;
  const stack = synthesize((scope) => {
    dumps = new ReceivedDumps(scope, "dumps", {
      account: new AwsAccount(scope, "account", { region: "eu-central-1" }),
      bucketName: "notejam-prod-eu-west-1-backup-replica-123456789012",
      keyAlias: "alias/s3-cmk-prod-replica",
    });
    return dumps;
  });

  it("looks the key up in its own region, where alone it answers", () => {
    expect(stack.data("aws_kms_alias")).toEqual([
      expect.objectContaining({ name: "alias/s3-cmk-prod-replica" }),
    ]);
    expect(stack.data("aws_kms_alias")[0]).not.toHaveProperty("provider");
  });

  it("names the bucket as IAM does, without region and account", () => {
    expect(dumps?.bucketArn).toMatch(/:s3:::notejam-prod-eu-west-1-backup-replica-123456789012$/);
  });
});
