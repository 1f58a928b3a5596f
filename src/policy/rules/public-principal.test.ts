import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy/index.js";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy/index.js";
import { describe, expect, it } from "vitest";
import { violations } from "../../../test/policy-check.js";
import { publicPrincipal } from "./public-principal.js";

const bucketPolicy = (statement: object) =>
  violations(publicPrincipal, (stack) => {
    new S3BucketPolicy(stack, "policy", { bucket: "b", policy: JSON.stringify({ Statement: [statement] }) });
  });

const READ = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*" };

describe("public-principal", () => {
  it.each([
    ["any principal", { ...READ, Principal: "*" }],
    ["any account", { ...READ, Principal: { AWS: "*" } }],
    ["any account among others", { ...READ, Principal: { AWS: ["111122223333", "*"] } }],
    ["NotPrincipal", { ...READ, NotPrincipal: { AWS: "111122223333" } }],
    ["any principal under an empty condition", { ...READ, Principal: "*", Condition: {} }],
  ])("rejects a bucket policy that allows %s", (_what, statement) => {
    expect(bucketPolicy(statement)).toEqual(["policy allows any principal without a condition (policy)"]);
  });

  it.each([
    ["a Deny for any principal", { ...READ, Effect: "Deny", Principal: "*" }],
    ["a service", { ...READ, Principal: { Service: "delivery.logs.amazonaws.com" } }],
    [
      "any principal of one organization",
      { ...READ, Principal: "*", Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } } },
    ],
  ])("accepts %s", (_what, statement) => {
    expect(bucketPolicy(statement)).toEqual([]);
  });

  it("checks trust policies, topics and policy documents too", () => {
    const open = JSON.stringify({ Statement: { Effect: "Allow", Principal: "*", Action: "*" } });
    const found = violations(publicPrincipal, (stack) => {
      new IamRole(stack, "role", { assumeRolePolicy: open });
      new SnsTopicPolicy(stack, "topic", { arn: "t", policy: open });
      new DataAwsIamPolicyDocument(stack, "document", {
        statement: [{ actions: ["s3:GetObject"], principals: [{ type: "*", identifiers: ["*"] }] }],
      });
    });
    expect(found.map((violation) => violation.split(" ")[0])).toEqual(["role", "topic", "document"]);
  });
});
