import type { AwsAccount } from "../core/aws-account.js";
import type { PolicyStatement } from "../core/iam-policy.js";
import { DATA_PLANE_READS } from "./data-plane-reads.js";
import { TERRAFORM_IAM_PATH } from "./iam-path.js";
import { OBJECT_LOCK_BYPASS } from "./object-lock.js";
import { permissionsBoundaryArn } from "./permissions-boundary.js";

export interface EnvironmentApplyPermissionsProps {
  readonly account: AwsAccount;
  /** Value of the tag `Environment`, such as `prod`. A standby has the same value as its primary. */
  readonly environment: string;
  /** Prefix of roles, buckets, repositories and budget, such as `notejam-prod`. */
  readonly name: string;
  /** Prefix of the environment's secrets, such as `notejam/prod/`. */
  readonly secretsPrefix: string;
  /** Regions of the environment, including the DR region. */
  readonly regions: readonly string[];
}

/** Services to which the environment's roles may be passed. */
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
  // Replicates key material of Multi-Region keys.
  "mrk.kms.amazonaws.com",
  "rds.amazonaws.com",
  "rds.application-autoscaling.amazonaws.com",
  "replication.ecr.amazonaws.com",
  "wafv2.amazonaws.com",
];

/** Actions that change or pass identities. */
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
 * Returns the permissions of an environment's applies: manage the services that the environment uses, in its regions, and
 * its roles within the permissions boundary.
 *
 * They exclude resources of other environments, Terraform's own identities (OIDC providers, run roles, boundaries), and
 * data-plane reads of secrets, buckets and logs.
 */
export function environmentApplyPermissions(props: EnvironmentApplyPermissionsProps): PolicyStatement[] {
  return [...services(props), ...namedResources(props), ...roles(props), ...denials(props)];
}

function services({ regions }: EnvironmentApplyPermissionsProps): PolicyStatement[] {
  return [
    {
      sid: "ManageServices",
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
      // Most of these services generate resource names. The regions limit this statement, and the tag Environment below.
      resources: ["*"],
      conditions: { StringEquals: { "aws:RequestedRegion": regions } },
    },
    {
      sid: "ReadConfiguration",
      actions: [
        "ecr:Describe*",
        "iam:Get*",
        "iam:List*",
        "route53:Get*",
        "route53:List*",
        "secretsmanager:GetRandomPassword",
        "tag:Get*",
      ],
      // Read-only, and GetRandomPassword, which concerns no resource.
      resources: ["*"],
    },
  ];
}

function namedResources({
  account,
  name,
  secretsPrefix,
}: EnvironmentApplyPermissionsProps): PolicyStatement[] {
  const anyRegion = { region: "*" };
  return [
    { sid: "EnvironmentBuckets", actions: ["s3:*"], resources: [`arn:${account.partition}:s3:::${name}-*`] },
    {
      sid: "EnvironmentRepositories",
      actions: ["ecr:*"],
      resources: [account.arn("ecr", `repository/${name}-*`, anyRegion)],
    },
    {
      sid: "EnvironmentSecrets",
      actions: ["secretsmanager:*"],
      resources: [
        account.arn("secretsmanager", `secret:${secretsPrefix}*`, anyRegion),
        // RDS creates the secret of the master user with the permissions of the apply.
        account.arn("secretsmanager", "secret:rds!cluster-*", anyRegion),
      ],
    },
    {
      sid: "EnvironmentBudget",
      actions: ["budgets:*"],
      resources: [account.arn("budgets", `budget/${name}*`, { region: "" })],
    },
    {
      sid: "CertificateValidationRecords",
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

function roles({ account, name }: EnvironmentApplyPermissionsProps): PolicyStatement[] {
  const environmentRoles = [account.roleArn(`${name}-*`)];
  return [
    {
      sid: "ManageRolesWithBoundary",
      actions: [
        "iam:AttachRolePolicy",
        "iam:CreateRole",
        "iam:DeleteRolePolicy",
        "iam:DetachRolePolicy",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
      ],
      resources: environmentRoles,
      conditions: {
        StringEquals: { "iam:PermissionsBoundary": permissionsBoundaryArn(account, name) },
      },
    },
    {
      sid: "UpdateAndDeleteRoles",
      actions: [
        "iam:DeleteRole",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole",
        "iam:UpdateRoleDescription",
      ],
      resources: environmentRoles,
    },
    {
      sid: "PassRolesToServices",
      actions: ["iam:PassRole"],
      resources: environmentRoles,
      conditions: { StringEquals: { "iam:PassedToService": SERVICES_WITH_ROLES } },
    },
    {
      sid: "CreateServiceLinkedRoles",
      actions: ["iam:CreateServiceLinkedRole"],
      resources: [account.roleArn("aws-service-role/*")],
      conditions: { StringEquals: { "iam:AWSServiceName": SERVICES_WITH_LINKED_ROLES } },
    },
  ];
}

function denials({ account, environment }: EnvironmentApplyPermissionsProps): PolicyStatement[] {
  return [
    {
      sid: "DenyTerraformIdentities",
      effect: "Deny",
      actions: IDENTITY_CHANGES,
      resources: [
        account.roleArn(`${TERRAFORM_IAM_PATH.slice(1)}*`),
        account.arn("iam", `policy${TERRAFORM_IAM_PATH}*`, { region: "" }),
        account.arn("iam", "oidc-provider/*", { region: "" }),
        account.arn("iam", "user/*", { region: "" }),
        account.arn("iam", "group/*", { region: "" }),
      ],
    },
    {
      sid: "DenyBoundaryRemoval",
      effect: "Deny",
      actions: ["iam:DeleteRolePermissionsBoundary"],
      resources: ["*"],
    },
    { sid: "DenyDataPlaneReads", effect: "Deny", actions: DATA_PLANE_READS, resources: ["*"] },
    // An apply may change bucket policies. Locked objects remain locked.
    { sid: "DenyObjectLockBypass", effect: "Deny", actions: OBJECT_LOCK_BYPASS, resources: ["*"] },
    {
      // Environments may share account and region. Requests without a tagged resource (such as list and create) have no
      // such condition key and are not denied.
      sid: "DenyOtherEnvironments",
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

export interface BootstrapApplyPermissionsProps {
  readonly account: AwsAccount;
  /** Prefix of bucket, trail and key, such as `notejam-bootstrap`. */
  readonly name: string;
  /** Hosts of the OIDC providers. */
  readonly oidcHosts: readonly string[];
}

/**
 * Returns the permissions of the bootstrap stack's applies: OIDC providers, run roles and boundaries of all environments,
 * and the account baseline.
 *
 * An identity that manages run roles can give itself any permission, so this role is nearly an administrator. Its
 * workspace must not apply automatically, and the owner of the account should review changes of the stack.
 */
export function bootstrapApplyPermissions({
  account,
  name,
  oidcHosts,
}: BootstrapApplyPermissionsProps): PolicyStatement[] {
  return [
    {
      sid: "ManageIdentityProviders",
      actions: ["iam:*OpenIDConnectProvider*"],
      resources: oidcHosts.map((host) => account.arn("iam", `oidc-provider/${host}`, { region: "" })),
    },
    {
      sid: "ManageRunRolesAndBoundaries",
      actions: IDENTITY_CHANGES,
      resources: [
        account.roleArn(`${TERRAFORM_IAM_PATH.slice(1)}*`),
        account.arn("iam", `policy${TERRAFORM_IAM_PATH}*`, { region: "" }),
      ],
    },
    {
      sid: "CreateServiceLinkedRoles",
      actions: ["iam:CreateServiceLinkedRole"],
      resources: [account.roleArn("aws-service-role/*")],
      conditions: {
        StringEquals: { "iam:AWSServiceName": ["cloudtrail.amazonaws.com", "replication.ecr.amazonaws.com"] },
      },
    },
    {
      sid: "ManageAccountBaseline",
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
      // Settings of the account, and keys, whose ids KMS generates.
      resources: ["*"],
    },
    { sid: "EnvironmentBuckets", actions: ["s3:*"], resources: [`arn:${account.partition}:s3:::${name}-*`] },
    {
      sid: "ReadConfiguration",
      actions: [
        "ec2:Describe*",
        "ec2:Get*",
        "ecr:Describe*",
        "ecr:Get*",
        "iam:Get*",
        "iam:List*",
        "s3:GetAccountPublicAccessBlock",
      ],
      // Read-only.
      resources: ["*"],
    },
    { sid: "DenyDataPlaneReads", effect: "Deny", actions: DATA_PLANE_READS, resources: ["*"] },
  ];
}
