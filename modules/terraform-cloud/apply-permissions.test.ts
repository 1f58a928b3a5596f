import { TerraformOutput } from "cdktf";
import { describe, expect, it } from "vitest";
import { type Call, isAllowed } from "../../test/simulators/iam-policy.js";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
import { type PolicyStatement, policyDocument } from "../core/iam-policy.js";
import { bootstrapApplyPermissions, environmentApplyPermissions } from "./apply-permissions.js";
import { PermissionsBoundary } from "./permissions-boundary.js";

const INLINE_POLICY_LIMIT = 10_240;
const MANAGED_POLICY_LIMIT = 6_144;

/** The statements with the tokens replaced by what they would be in an account, so that ARNs can be compared. */
function inAnAccount(build: (account: AwsAccount) => PolicyStatement[]): PolicyStatement[] {
  const stack = synthesize((scope) => {
    const account = new AwsAccount(scope, "account", { region: "eu-west-1" });
    new TerraformOutput(scope, "rights", { value: build(account), staticId: true });
  });
  const text = JSON.stringify(stack.json.output)
    .replace(/\$\{data\.aws_partition[^}]*\}/g, "aws")
    .replace(/\$\{data\.aws_caller_identity[^}]*\}/g, "123456789012");
  return JSON.parse(text).rights.value;
}

const IAM = "arn:aws:iam::123456789012:";
const BOUNDARY = `${IAM}policy/terraform-cloud/notejam-prod-boundary`;
const here = { "aws:RequestedRegion": "eu-west-1" };

describe("environmentApplyPermissions", () => {
  const rights: PolicyStatement[] = inAnAccount((account) =>
    environmentApplyPermissions({
      account,
      environment: "prod",
      name: "notejam-prod",
      secretsPrefix: "notejam/prod/",
      regions: ["eu-west-1", "eu-central-1"],
    }),
  );

  it.each<[string, Call]>([
    ["make a VPC", { action: "ec2:CreateVpc", resource: "arn:aws:ec2:eu-west-1:1:vpc/*", context: here }],
    [
      "change its own database",
      {
        action: "rds:ModifyDBCluster",
        resource: "arn:aws:rds:eu-west-1:123456789012:cluster:notejam-prod",
        context: { ...here, "aws:ResourceTag/Environment": "prod" },
      },
    ],
    [
      "write its secret",
      {
        action: "secretsmanager:PutSecretValue",
        resource: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:notejam/prod/database-AbCdEf",
      },
    ],
    [
      "make a role within the boundary",
      {
        action: "iam:CreateRole",
        resource: `${IAM}role/notejam-prod-eu-west-1-node`,
        context: { "iam:PermissionsBoundary": BOUNDARY },
      },
    ],
    [
      "hand a role to EKS",
      {
        action: "iam:PassRole",
        resource: `${IAM}role/notejam-prod-eu-west-1-node`,
        context: { "iam:PassedToService": "eks.amazonaws.com" },
      },
    ],
    [
      "bring the role by which KMS replicates keys",
      {
        action: "iam:CreateServiceLinkedRole",
        resource: `${IAM}role/aws-service-role/mrk.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceMultiRegionKeys`,
        context: { "iam:AWSServiceName": "mrk.kms.amazonaws.com" },
      },
    ],
  ])("may %s", (_what, call) => {
    expect(isAllowed(rights, call)).toBe(true);
  });

  it.each<[string, Call]>([
    [
      "make a role without the boundary",
      { action: "iam:CreateRole", resource: `${IAM}role/notejam-prod-eu-west-1-admin` },
    ],
    [
      "make a role within a boundary of its choice",
      {
        action: "iam:CreateRole",
        resource: `${IAM}role/notejam-prod-eu-west-1-admin`,
        context: { "iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess" },
      },
    ],
    [
      "free a role of its boundary",
      {
        action: "iam:DeleteRolePermissionsBoundary",
        resource: `${IAM}role/notejam-prod-eu-west-1-node`,
        context: { "iam:PermissionsBoundary": BOUNDARY },
      },
    ],
    ["widen the boundary", { action: "iam:CreatePolicyVersion", resource: BOUNDARY }],
    [
      "give itself more rights",
      {
        action: "iam:PutRolePolicy",
        resource: `${IAM}role/terraform-cloud/notejam-prod-apply`,
        context: { "iam:PermissionsBoundary": BOUNDARY },
      },
    ],
    [
      "let others take its role",
      { action: "iam:UpdateAssumeRolePolicy", resource: `${IAM}role/terraform-cloud/notejam-prod-apply` },
    ],
    [
      "add an identity provider",
      { action: "iam:CreateOpenIDConnectProvider", resource: `${IAM}oidc-provider/example.org` },
    ],
    [
      "trust another audience",
      {
        action: "iam:AddClientIDToOpenIDConnectProvider",
        resource: `${IAM}oidc-provider/app.terraform.io`,
      },
    ],
    ["make a user with keys", { action: "iam:CreateAccessKey", resource: `${IAM}user/example` }],
    [
      "change a role of another environment",
      { action: "iam:UpdateAssumeRolePolicy", resource: `${IAM}role/notejam-dev-eu-west-1-node` },
    ],
    [
      "pass a role to a service that runs its code",
      {
        action: "iam:PassRole",
        resource: `${IAM}role/notejam-prod-eu-west-1-node`,
        context: { "iam:PassedToService": "lambda.amazonaws.com" },
      },
    ],
    [
      "delete another environment's database",
      {
        action: "rds:DeleteDBCluster",
        resource: "arn:aws:rds:eu-west-1:123456789012:cluster:notejam-dev",
        context: { ...here, "aws:ResourceTag/Environment": "dev" },
      },
    ],
    [
      "build in another region",
      {
        action: "ec2:RunInstances",
        resource: "arn:aws:ec2:us-east-1:123456789012:instance/*",
        context: { "aws:RequestedRegion": "us-east-1" },
      },
    ],
    [
      "write another environment's secret",
      {
        action: "secretsmanager:PutSecretValue",
        resource: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:notejam/dev/database-AbCdEf",
      },
    ],
    [
      "read its own secret back",
      {
        action: "secretsmanager:GetSecretValue",
        resource: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:notejam/prod/database-AbCdEf",
      },
    ],
    [
      "read a dump",
      { action: "s3:GetObject", resource: "arn:aws:s3:::notejam-prod-eu-west-1-backup-1/dumps/x" },
    ],
    [
      "delete a dump before its lock ends, whatever the bucket's policy says",
      {
        action: "s3:BypassGovernanceRetention",
        resource: "arn:aws:s3:::notejam-prod-eu-west-1-backup-1/dumps/x",
      },
    ],
    [
      "redirect the domain's mail",
      {
        action: "route53:ChangeResourceRecordSets",
        resource: "arn:aws:route53:::hostedzone/Z1",
        context: { "route53:ChangeResourceRecordSetsRecordTypes": "MX" },
      },
    ],
    ["leave the organization", { action: "organizations:LeaveOrganization", resource: "*" }],
  ])("may not %s", (_what, call) => {
    expect(isAllowed(rights, call)).toBe(false);
  });

  it("fits into an inline policy", () => {
    expect(policyDocument(rights).length).toBeLessThan(INLINE_POLICY_LIMIT);
  });
});

describe("PermissionsBoundary", () => {
  const stack = synthesize(
    (scope) =>
      new PermissionsBoundary(scope, "boundary", {
        name: "notejam-prod",
        secretsPrefix: "notejam/prod/",
        account: new AwsAccount(scope, "account", { region: "eu-west-1" }),
      }),
  );
  const policy = stack.one("aws_iam_policy");

  it("keeps its description, whose change replaces a policy", () => {
    expect(policy.description).toBe("The most that roles of notejam-prod can do");
  });

  it("has the ARN that the apply permissions expect", () => {
    expect(`${IAM}policy${policy.path}${policy.name}`).toBe(BOUNDARY);
  });

  it("allows no changes of identities", () => {
    const actions = statementsOf(policy.policy).flatMap(({ Action }) => Action ?? []);
    expect(actions.filter((action) => /^(iam|sts|organizations|\*)/.test(action))).toEqual([
      "iam:CreateServiceLinkedRole",
    ]);
  });

  it("allows no objects and secrets of other environments", () => {
    const statements = statementsOf(policy.policy);
    for (const service of ["s3:", "secretsmanager:"]) {
      const resources = statements
        .filter(({ Effect }) => Effect === "Allow")
        .filter(({ Action }) => Action?.some((action) => action.startsWith(service)))
        .flatMap(({ Resource }) => Resource ?? []);
      expect(resources.length).toBeGreaterThan(0);
      expect(
        resources.every((arn) => /:::notejam-prod-|:secret:(notejam\/prod\/\*|rds!cluster-\*)/.test(arn)),
      ).toBe(true);
    }
  });

  it("denies the bypass of Object Lock", () => {
    const denied = statementsOf(policy.policy).filter(({ Effect }) => Effect === "Deny");
    expect(denied.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [["s3:BypassGovernanceRetention"], ["*"]],
    ]);
  });

  it("fits into a managed policy", () => {
    expect(String(policy.policy).length).toBeLessThan(MANAGED_POLICY_LIMIT);
  });
});

describe("bootstrapApplyPermissions", () => {
  const rights: PolicyStatement[] = inAnAccount((account) =>
    bootstrapApplyPermissions({
      account,
      name: "notejam-bootstrap",
      oidcHosts: ["app.terraform.io", "token.actions.githubusercontent.com"],
    }),
  );

  it.each<[string, Call]>([
    [
      "keep the identity providers",
      { action: "iam:CreateOpenIDConnectProvider", resource: `${IAM}oidc-provider/app.terraform.io` },
    ],
    [
      "keep the run roles",
      { action: "iam:PutRolePolicy", resource: `${IAM}role/terraform-cloud/notejam-prod-apply` },
    ],
    ["keep the boundaries", { action: "iam:CreatePolicyVersion", resource: BOUNDARY }],
    ["keep the trail", { action: "cloudtrail:CreateTrail", resource: "*" }],
  ])("may %s", (_what, call) => {
    expect(isAllowed(rights, call)).toBe(true);
  });

  it.each<[string, Call]>([
    [
      "trust a third party",
      { action: "iam:CreateOpenIDConnectProvider", resource: `${IAM}oidc-provider/other` },
    ],
    ["make users", { action: "iam:CreateUser", resource: `${IAM}user/example` }],
    [
      "touch an environment's roles",
      { action: "iam:PutRolePolicy", resource: `${IAM}role/notejam-prod-node` },
    ],
    ["stop a database", { action: "rds:DeleteDBCluster", resource: "*" }],
    ["read a secret", { action: "secretsmanager:GetSecretValue", resource: "*" }],
  ])("may not %s", (_what, call) => {
    expect(isAllowed(rights, call)).toBe(false);
  });

  it("fits into an inline policy", () => {
    expect(policyDocument(rights).length).toBeLessThan(INLINE_POLICY_LIMIT);
  });
});
