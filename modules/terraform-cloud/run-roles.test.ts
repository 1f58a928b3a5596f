import { describe, expect, it } from "vitest";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
import type { PolicyStatement } from "../core/iam-policy.js";
import { TerraformCloudOidc } from "./oidc.js";
import { TerraformCloudRunRoles, type TerraformCloudRunRolesProps } from "./run-roles.js";

const applyPermissions: PolicyStatement[] = [{ sid: "Build", actions: ["ec2:*"], resources: ["*"] }];

const rolesWith = (changes: Partial<TerraformCloudRunRolesProps> = {}) =>
  synthesize(
    (scope) =>
      new TerraformCloudRunRoles(scope, "run-roles", {
        name: "notejam-prod",
        account: new AwsAccount(scope, "account", { region: "eu-west-1" }),
        organization: "example",
        project: "Notejam",
        workspaces: ["notejam-prod", "notejam-prod-gitops"],
        applyPermissions,
        ...changes,
      }),
  );

describe("TerraformCloudRunRoles", () => {
  const stack = rolesWith();

  it.each(["plan", "apply"])("%s trusts runs of the given workspaces in that phase only", (phase) => {
    const role = stack.one("aws_iam_role", new RegExp(`_${phase}_`));
    expect(role).toMatchObject({ name: `notejam-prod-${phase}`, path: "/terraform-cloud/" });
    const [trust, ...others] = statementsOf(role.assume_role_policy);
    expect(others).toEqual([]);
    expect(trust?.Condition).toEqual({
      StringEquals: {
        "app.terraform.io:aud": "aws.workload.identity",
        "app.terraform.io:sub": ["notejam-prod", "notejam-prod-gitops"].map(
          (workspace) => `organization:example:project:Notejam:workspace:${workspace}:run_phase:${phase}`,
        ),
      },
    });
  });

  it("lets plans read configurations and change nothing", () => {
    expect(stack.one("aws_iam_role_policy_attachment").policy_arn).toMatch(
      /:iam::aws:policy\/ReadOnlyAccess$/,
    );
    const own = statementsOf(stack.one("aws_iam_role_policy", /plan/).policy);
    const allowed = own.filter(({ Effect }) => Effect !== "Deny");
    expect(allowed.flatMap(({ Action }) => Action)).toEqual(["secretsmanager:GetRandomPassword"]);
  });

  it.each([
    "ecr:GetDownloadUrlForLayer",
    "kms:Decrypt",
    "logs:GetLogEvents",
    "s3:GetObject",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "sts:AssumeRole",
  ])("denies %s to plans, which run unreviewed code", (action) => {
    const [deny] = statementsOf(stack.one("aws_iam_role_policy", /plan/).policy);
    expect(deny?.Action).toContain(action);
    expect(deny?.Resource).toEqual(["*"]);
  });

  it("gives applies the given permissions only", () => {
    expect(statementsOf(stack.one("aws_iam_role_policy", /apply/).policy)).toEqual([
      { Sid: "Build", Effect: "Allow", Action: ["ec2:*"], Resource: ["*"] },
    ]);
    expect(stack.count("aws_iam_role_policy_attachment")).toBe(1);
  });

  it("supports Terraform Enterprise", () => {
    const own = rolesWith({ hostname: "tfe.example.org" }).one("aws_iam_role", /_plan_/);
    const [trust] = statementsOf(own.assume_role_policy);
    expect(Object.keys(trust?.Condition?.StringEquals ?? {})).toEqual([
      "tfe.example.org:aud",
      "tfe.example.org:sub",
    ]);
    expect(JSON.stringify(trust?.Principal)).toContain(":oidc-provider/tfe.example.org");
  });

  it.each([
    [{ workspaces: [] }, /workspaces is empty/],
    [{ workspaces: ["notejam-*"] }, /"notejam-\*" cannot be part/],
    [{ project: "a:workspace:b" }, /"a:workspace:b" cannot be part/],
  ])("rejects %o", (changes, message) => {
    expect(() => rolesWith(changes)).toThrow(message);
  });
});

describe("TerraformCloudOidc", () => {
  it("trusts tokens of HCP Terraform", () => {
    const stack = synthesize((scope) => new TerraformCloudOidc(scope, "oidc"));
    expect(stack.one("aws_iam_openid_connect_provider")).toMatchObject({
      url: "https://app.terraform.io",
      client_id_list: ["aws.workload.identity"],
    });
  });

  it.each(["https://app.terraform.io", "app.terraform.io/"])("rejects the host %s", (hostname) => {
    expect(() => synthesize((scope) => new TerraformCloudOidc(scope, "oidc", { hostname }))).toThrow(
      /Use the host only/,
    );
  });
});
