import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key/index.js";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy/index.js";
import { describe, expect, it } from "vitest";
import { KEY, violations } from "../../../test/policy-check.js";
import { unlimitedPermission } from "./unlimited-permission.js";

const text = (...statements: object[]) => JSON.stringify({ Version: "2012-10-17", Statement: statements });
const trust = text({
  Effect: "Allow",
  Principal: { Service: "ec2.amazonaws.com" },
  Action: "sts:AssumeRole",
});

describe("unlimited-permission", () => {
  it.each([
    ["stars as texts", { Effect: "Allow", Action: "*", Resource: "*" }],
    ["stars in lists", { Effect: "Allow", Action: ["s3:GetObject", "*"], Resource: [KEY, "*"] }],
    ["a star for service and action", { Effect: "Allow", Action: "*:*", Resource: "*" }],
    ["NotAction", { Effect: "Allow", NotAction: ["iam:*"], Resource: "*" }],
    ["NotResource", { Effect: "Allow", Action: "*", NotResource: KEY }],
    [
      "stars under a condition",
      {
        Effect: "Allow",
        Action: "*",
        Resource: "*",
        Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } },
      },
    ],
  ])("rejects %s", (_what, statement) => {
    const harmless = { Effect: "Allow", Action: "sts:GetCallerIdentity", Resource: "*" };
    expect(
      violations(
        unlimitedPermission,
        (stack) => new IamPolicy(stack, "policy", { policy: text(harmless, statement) }),
      ),
    ).toEqual(["policy allows every action on every resource (policy)"]);
  });

  it.each([
    ["a star of actions on one resource", { Effect: "Allow", Action: "*", Resource: KEY }],
    ["one action on every resource", { Effect: "Allow", Action: "sts:GetCallerIdentity", Resource: "*" }],
    ["one service on every resource", { Effect: "Allow", Action: "ec2:*", Resource: "*" }],
    ["a Deny of everything", { Effect: "Deny", Action: "*", Resource: "*" }],
  ])("accepts %s", (_what, statement) => {
    expect(
      violations(unlimitedPermission, (stack) => new IamPolicy(stack, "policy", { policy: text(statement) })),
    ).toEqual([]);
  });

  it("checks every kind of policy", () => {
    const stars = { Effect: "Allow", Action: "*", Resource: "*" };
    const found = violations(unlimitedPermission, (stack) => {
      new IamRole(stack, "inline", {
        assumeRolePolicy: trust,
        inlinePolicy: [{ name: "all", policy: text(stars) }],
      });
      new IamRolePolicy(stack, "role-policy", { role: "r", policy: text(stars) });
      new DataAwsIamPolicyDocument(stack, "document", { statement: [{ actions: ["*"], resources: ["*"] }] });
      new IamRolePolicyAttachment(stack, "attachment", {
        role: "r",
        policyArn: "arn:aws:iam::aws:policy/AdministratorAccess",
      });
      new S3BucketPolicy(stack, "bucket-policy", {
        bucket: "b",
        policy: text({ ...stars, Principal: { AWS: "arn:aws:iam::111122223333:role/r" } }),
      });
    });
    expect(found.map((violation) => violation.split(" ")[0]).sort()).toEqual([
      "attachment",
      "bucket-policy",
      "document",
      "inline",
      "role-policy",
    ]);
  });

  it("accepts the default key policy, which delegates to IAM", () => {
    const root = {
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::111122223333:root" },
      Action: "kms:*",
      Resource: "*",
    };
    expect(
      violations(unlimitedPermission, (stack) => new KmsKey(stack, "key", { policy: text(root) })),
    ).toEqual([]);
  });

  it("accepts harmless managed policies and documents", () => {
    const found = violations(unlimitedPermission, (stack) => {
      const document = new DataAwsIamPolicyDocument(stack, "document", {
        statement: [{ actions: ["s3:GetObject"], resources: ["*"] }],
      });
      new IamPolicy(stack, "policy", { policy: document.json });
      new IamRolePolicyAttachment(stack, "attachment", {
        role: "r",
        policyArn: "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
      });
    });
    expect(found).toEqual([]);
  });
});
