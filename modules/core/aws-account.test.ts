import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "./aws-account.js";
import { LogGroup } from "./log-group.js";

describe("AwsAccount", () => {
  const stack = synthesize((scope) => {
    const account = new AwsAccount(scope, "account", { region: "cn-north-1" });
    new LogGroup(scope, "regional", {
      name: "a",
      retentionDays: 30,
      kmsKeyArn: account.arn("kms", "key/1"),
    });
    new LogGroup(scope, "global", { name: "b", retentionDays: 30, kmsKeyArn: account.roleArn("notejam") });
  });

  it("reads partition and account from AWS", () => {
    expect(stack.data("aws_partition")).toHaveLength(1);
    expect(stack.data("aws_caller_identity")).toHaveLength(1);
  });

  it("returns regional ARNs, and IAM ARNs without a region", () => {
    const keys = stack.resources("aws_cloudwatch_log_group").map((group) => String(group.kms_key_id));
    expect(keys.map((arn) => arn.replace(/\$\{data\.aws_(\w+?)\.[^}]*\}/g, "<$1>"))).toEqual([
      "arn:<partition>:iam::<caller_identity>:role/notejam",
      "arn:<partition>:kms:cn-north-1:<caller_identity>:key/1",
    ]);
  });
});
