import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy/index.js";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy/index.js";
import { describe, expect, it } from "vitest";
import { findings } from "../../../test/policy-check.js";
import { openToEverybody } from "./open-to-everybody.js";

const bucketPolicy = (statement: object) =>
  findings(openToEverybody, (stack) => {
    new S3BucketPolicy(stack, "policy", { bucket: "b", policy: JSON.stringify({ Statement: [statement] }) });
  });

const READ = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*" };

describe("open-to-everybody", () => {
  it.each([
    ["everybody", { ...READ, Principal: "*" }],
    ["every account", { ...READ, Principal: { AWS: "*" } }],
    ["every account among others", { ...READ, Principal: { AWS: ["111122223333", "*"] } }],
    ["everybody but one", { ...READ, NotPrincipal: { AWS: "111122223333" } }],
    ["everybody under an empty condition", { ...READ, Principal: "*", Condition: {} }],
  ])("refuses a bucket's policy that admits %s", (_what, statement) => {
    expect(bucketPolicy(statement)).toEqual(["policy admits everybody without a condition (policy)"]);
  });

  it.each([
    ["a denial for everybody", { ...READ, Effect: "Deny", Principal: "*" }],
    ["a service", { ...READ, Principal: { Service: "delivery.logs.amazonaws.com" } }],
    [
      "everybody of one organization",
      { ...READ, Principal: "*", Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } } },
    ],
  ])("accepts %s", (_what, statement) => {
    expect(bucketPolicy(statement)).toEqual([]);
  });

  it("looks at trusts, topics and policy documents too", () => {
    const open = JSON.stringify({ Statement: { Effect: "Allow", Principal: "*", Action: "*" } });
    const found = findings(openToEverybody, (stack) => {
      new IamRole(stack, "role", { assumeRolePolicy: open });
      new SnsTopicPolicy(stack, "topic", { arn: "t", policy: open });
      new DataAwsIamPolicyDocument(stack, "document", {
        statement: [{ actions: ["s3:GetObject"], principals: [{ type: "*", identifiers: ["*"] }] }],
      });
    });
    expect(found.map((finding) => finding.split(" ")[0])).toEqual(["role", "topic", "document"]);
  });
});
