import { describe, expect, it } from "vitest";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
import { Alerting } from "./alerting.js";

const stack = synthesize((scope) => {
  new Alerting(scope, "alerting", {
    name: "notejam-dev",
    account: new AwsAccount(scope, "account", { region: "eu-west-1" }),
    kmsKeyArn: "key-alerts",
    bucketArns: ["arn-of-bucket"],
    emails: ["ops@example.com", "dev@example.com"],
  });
});
const statements = statementsOf(stack.one("aws_sns_topic_policy").policy);

describe("Alerting", () => {
  it("encrypts messages with the given key", () => {
    expect(stack.one("aws_sns_topic")).toMatchObject({
      name: "notejam-dev-alerts",
      kms_master_key_id: "key-alerts",
    });
  });

  it("subscribes all addresses", () => {
    expect(
      stack.resources("aws_sns_topic_subscription").map(({ protocol, endpoint }) => [protocol, endpoint]),
    ).toEqual(
      expect.arrayContaining([
        ["email", "ops@example.com"],
        ["email", "dev@example.com"],
      ]),
    );
    expect(stack.count("aws_sns_topic_subscription")).toBe(2);
  });

  it("allows alarms, rules and budgets of this account, and the given buckets", () => {
    const allowed = statements.filter((statement) => statement.Effect === "Allow");
    expect(allowed.map((statement) => statement.Principal)).toEqual([
      { Service: ["cloudwatch.amazonaws.com"] },
      { Service: ["events.amazonaws.com"] },
      { Service: ["budgets.amazonaws.com"] },
      { Service: ["s3.amazonaws.com"] },
    ]);
    for (const { Action, Resource, Condition } of allowed) {
      expect(Action).toEqual(["sns:Publish"]);
      expect(Resource).toEqual([expect.stringContaining("aws_sns_topic.")]);
      expect(Condition?.StringEquals).toHaveProperty("aws:SourceAccount");
      expect(JSON.stringify(Condition?.ArnLike?.["aws:SourceArn"])).toMatch(
        /^"arn:\$\{.*\}:|^\["arn-of-bucket"\]$/,
      );
    }
  });

  it("does not allow alarms with another prefix", () => {
    const arns = statements.map((statement) => statement.Condition?.ArnLike?.["aws:SourceArn"]);
    expect(arns).toContainEqual(expect.stringMatching(/:cloudwatch:eu-west-1:.*:alarm:notejam-dev-\*$/));
    expect(arns).toContainEqual(expect.stringMatching(/:events:eu-west-1:.*:rule\/notejam-dev-\*$/));
  });

  it("denies unencrypted transport", () => {
    expect(statements.find((statement) => statement.Effect === "Deny")).toMatchObject({
      Principal: "*",
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    });
  });
});
