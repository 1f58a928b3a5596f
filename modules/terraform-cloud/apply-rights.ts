import type { AwsAccount } from "../blocks/aws-account.js";
import type { PolicyStatement } from "../blocks/iam-policy.js";
import { GOVERNING_PATH } from "./identity-path.js";
import { LIFTING_LOCKS } from "./locks.js";
import { permissionsBoundaryArn } from "./permissions-boundary.js";
import { CONTENTS } from "./private-contents.js";

export interface EnvironmentApplyRightsProps {
  readonly account: AwsAccount;
  /** Value of the tag `Environment`, such as `prod`; a recovery copy has its first copy's. */
  readonly environment: string;
  /** What the names of roles, buckets, repositories and the budget start with, such as `notejam-prod`. */
  readonly name: string;
  /** What the names of the environment's secrets start with, such as `notejam/prod/`. */
  readonly secretsPrefix: string;
  /** Regions in which the environment may stand, the recovery region included. */
  readonly regions: readonly string[];
}

/** Services to which the environment's roles are handed. */
const SERVICES_WITH_ROLES = [
  "ec2.amazonaws.com",
  "eks.amazonaws.com",
  "monitoring.rds.amazonaws.com",
  "pods.eks.amazonaws.com",
  "s3.amazonaws.com",
  "vpc-flow-logs.amazonaws.com",
];

const SERVICES_WITH_LINKED_ROLES = [
  "autoscaling.amazonaws.com",
  "eks-nodegroup.amazonaws.com",
  "eks.amazonaws.com",
  "elasticloadbalancing.amazonaws.com",
  // Copies the material of keys between regions.
  "mrk.kms.amazonaws.com",
  "rds.amazonaws.com",
  "rds.application-autoscaling.amazonaws.com",
  "replication.ecr.amazonaws.com",
  "wafv2.amazonaws.com",
];

/** Every call that changes an identity or lends one out. */
const IDENTITY_CHANGES = [
  "iam:Add*",
  "iam:Attach*",
  "iam:Create*",
  "iam:Delete*",
  "iam:Detach*",
  "iam:PassRole",
  "iam:Put*",
  "iam:Remove*",
  "iam:Set*",
  "iam:Tag*",
  "iam:Untag*",
  "iam:Update*",
];

/**
 * What an apply of one environment may do: build with the services that the environment consists of, in its regions,
 * and make the roles of its own parts, each within the environment's boundary.
 *
 * It can reach neither another environment's resources, nor the identities that govern it (OIDC providers, run roles,
 * boundaries), nor the contents of secrets, buckets and logs.
 */
export function environmentApplyRights(props: EnvironmentApplyRightsProps): PolicyStatement[] {
  return [...building(props), ...namedThings(props), ...identities(props), ...outOfReach(props)];
}

function building({ regions }: EnvironmentApplyRightsProps): PolicyStatement[] {
  return [
    {
      sid: "Build",
      actions: [
        "acm:*",
        "application-autoscaling:*",
        "autoscaling:*",
        "cloudwatch:*",
        "ec2:*",
        "eks:*",
        "elasticloadbalancing:*",
        "kms:*",
        "logs:*",
        "rds:*",
        "sns:*",
        "wafv2:*",
      ],
      // Reason for the star: most of these give their resources random names. Regions narrow it here, and the tag
      // Environment below.
      resources: ["*"],
      conditions: { StringEquals: { "aws:RequestedRegion": regions } },
    },
    {
      sid: "ReadWhatIsThere",
      actions: [
        "ecr:Describe*",
        "iam:Get*",
        "iam:List*",
        "route53:Get*",
        "route53:List*",
        "secretsmanager:GetRandomPassword",
        "tag:Get*",
      ],
      // Reason for the star: reading only, or made up on the spot.
      resources: ["*"],
    },
  ];
}

function namedThings({ account, name, secretsPrefix }: EnvironmentApplyRightsProps): PolicyStatement[] {
  const anyRegion = { region: "*" };
  return [
    { sid: "OwnBuckets", actions: ["s3:*"], resources: [`arn:${account.partition}:s3:::${name}-*`] },
    {
      sid: "OwnImages",
      actions: ["ecr:*"],
      resources: [account.arn("ecr", `repository/${name}-*`, anyRegion)],
    },
    {
      sid: "OwnSecrets",
      actions: ["secretsmanager:*"],
      resources: [
        account.arn("secretsmanager", `secret:${secretsPrefix}*`, anyRegion),
        // RDS makes the master user's secret in the name of who makes the database.
        account.arn("secretsmanager", "secret:rds!cluster-*", anyRegion),
      ],
    },
    {
      sid: "OwnBudget",
      actions: ["budgets:*"],
      resources: [account.arn("budgets", `budget/${name}*`, { region: "" })],
    },
    {
      sid: "ProveDomainOwnership",
      actions: ["route53:ChangeResourceRecordSets"],
      resources: [`arn:${account.partition}:route53:::hostedzone/*`],
      conditions: {
        "ForAllValues:StringEquals": {
          "route53:ChangeResourceRecordSetsRecordTypes": ["A", "AAAA", "CNAME"],
        },
      },
    },
  ];
}

function identities({ account, name }: EnvironmentApplyRightsProps): PolicyStatement[] {
  const ownRoles = [account.roleArn(`${name}-*`)];
  return [
    {
      sid: "RolesWithinTheBoundary",
      actions: [
        "iam:AttachRolePolicy",
        "iam:CreateRole",
        "iam:DeleteRolePolicy",
        "iam:DetachRolePolicy",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
      ],
      resources: ownRoles,
      conditions: {
        StringEquals: { "iam:PermissionsBoundary": permissionsBoundaryArn(account, name) },
      },
    },
    {
      sid: "KeepRoles",
      actions: [
        "iam:DeleteRole",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole",
        "iam:UpdateRoleDescription",
      ],
      resources: ownRoles,
    },
    {
      sid: "HandRolesToServices",
      actions: ["iam:PassRole"],
      resources: ownRoles,
      conditions: { StringEquals: { "iam:PassedToService": SERVICES_WITH_ROLES } },
    },
    {
      sid: "RolesThatServicesBring",
      actions: ["iam:CreateServiceLinkedRole"],
      resources: [account.roleArn("aws-service-role/*")],
      conditions: { StringEquals: { "iam:AWSServiceName": SERVICES_WITH_LINKED_ROLES } },
    },
  ];
}

function outOfReach({ account, environment }: EnvironmentApplyRightsProps): PolicyStatement[] {
  return [
    {
      sid: "NotWhatGovernsIt",
      effect: "Deny",
      actions: IDENTITY_CHANGES,
      resources: [
        account.roleArn(`${GOVERNING_PATH.slice(1)}*`),
        account.arn("iam", `policy${GOVERNING_PATH}*`, { region: "" }),
        account.arn("iam", "oidc-provider/*", { region: "" }),
        account.arn("iam", "user/*", { region: "" }),
        account.arn("iam", "group/*", { region: "" }),
      ],
    },
    {
      sid: "NoRoleLeavesItsBoundary",
      effect: "Deny",
      actions: ["iam:DeleteRolePermissionsBoundary"],
      resources: ["*"],
    },
    { sid: "NoContents", effect: "Deny", actions: CONTENTS, resources: ["*"] },
    // It may change a bucket's policy; what is locked stays locked also then.
    { sid: "NoLockIsLifted", effect: "Deny", actions: LIFTING_LOCKS, resources: ["*"] },
    {
      // Both environments may stand in one account and region; what carries another one's tag is not ours. A call
      // that concerns no tagged resource (a listing, a creation) has no such key and passes.
      sid: "NotAnotherEnvironment",
      effect: "Deny",
      notActions: ["iam:*"],
      resources: ["*"],
      conditions: {
        StringNotEquals: { "aws:ResourceTag/Environment": environment },
        Null: { "aws:ResourceTag/Environment": "false" },
      },
    },
  ];
}

export interface BootstrapApplyRightsProps {
  readonly account: AwsAccount;
  /** Such as `notejam-bootstrap`: what the names of its bucket, trail and key start with. */
  readonly name: string;
  /** Hosts of the identity providers that it keeps. */
  readonly oidcHosts: readonly string[];
}

/**
 * What an apply of the account's own stack may do: the identity providers, the run roles and boundaries of every
 * environment, and the guard rails.
 *
 * Whoever makes run roles makes rights: this role is an administrator's, within a step. Its workspace must not apply by
 * itself, and changes to the stack deserve the review of whoever answers for the account.
 */
export function bootstrapApplyRights({
  account,
  name,
  oidcHosts,
}: BootstrapApplyRightsProps): PolicyStatement[] {
  return [
    {
      sid: "IdentityProviders",
      actions: ["iam:*OpenIDConnectProvider*"],
      resources: oidcHosts.map((host) => account.arn("iam", `oidc-provider/${host}`, { region: "" })),
    },
    {
      sid: "RunRolesAndBoundaries",
      actions: IDENTITY_CHANGES,
      resources: [
        account.roleArn(`${GOVERNING_PATH.slice(1)}*`),
        account.arn("iam", `policy${GOVERNING_PATH}*`, { region: "" }),
      ],
    },
    {
      sid: "RolesThatServicesBring",
      actions: ["iam:CreateServiceLinkedRole"],
      resources: [account.roleArn("aws-service-role/*")],
      conditions: {
        StringEquals: { "iam:AWSServiceName": ["cloudtrail.amazonaws.com", "replication.ecr.amazonaws.com"] },
      },
    },
    {
      sid: "GuardRails",
      actions: [
        "cloudtrail:*",
        "ec2:DisableEbsEncryptionByDefault",
        "ec2:EnableEbsEncryptionByDefault",
        "ec2:DisableSnapshotBlockPublicAccess",
        "ec2:EnableSnapshotBlockPublicAccess",
        "ec2:ModifyInstanceMetadataDefaults",
        "ecr:PutRegistryScanningConfiguration",
        "ecr:PutReplicationConfiguration",
        "kms:*",
        "s3:PutAccountPublicAccessBlock",
      ],
      // Reason for the star: these switch settings of the account, or make a key whose name KMS gives.
      resources: ["*"],
    },
    { sid: "OwnBuckets", actions: ["s3:*"], resources: [`arn:${account.partition}:s3:::${name}-*`] },
    {
      sid: "ReadWhatIsThere",
      actions: [
        "ec2:Describe*",
        "ec2:Get*",
        "ecr:Describe*",
        "ecr:Get*",
        "iam:Get*",
        "iam:List*",
        "s3:GetAccountPublicAccessBlock",
      ],
      // Reason for the star: reading only.
      resources: ["*"],
    },
    { sid: "NoContents", effect: "Deny", actions: CONTENTS, resources: ["*"] },
  ];
}
