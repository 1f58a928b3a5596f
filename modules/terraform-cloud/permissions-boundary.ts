import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import { type PolicyStatement, policyDocument } from "../core/iam-policy.js";
import { TERRAFORM_IAM_PATH } from "./iam-path.js";
import { OBJECT_LOCK_BYPASS } from "./object-lock.js";

export interface PermissionsBoundaryProps {
  /** Prefix of the environment's roles and buckets, such as `notejam-prod`. */
  readonly name: string;
  /** Prefix of the environment's secrets, such as `notejam/prod/`. */
  readonly secretsPrefix: string;
  readonly account: AwsAccount;
}

/**
 * Permissions boundary of all roles of an environment: the maximum permissions, independent of their policies.
 *
 * An apply may create roles and their policies. Without a boundary it could create an administrator. With it, new roles
 * are limited to what nodes, pods, RDS and replication need, without permissions for identities. The apply role cannot
 * create roles without the boundary (`environmentApplyPermissions`).
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
export class PermissionsBoundary extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: PermissionsBoundaryProps) {
    super(scope, id);
    this.arn = new IamPolicy(this, "policy", {
      name: boundaryName(props.name),
      path: TERRAFORM_IAM_PATH,
      // Do not change the description: that replaces the policy, which AWS refuses while roles use it as boundary.
      description: `The most that roles of ${props.name} can do`,
      policy: policyDocument(maximumPermissions(props)),
    }).arn;
  }
}

/** Returns the ARN of the boundary. No output of the stack that creates it is necessary. */
export function permissionsBoundaryArn(account: AwsAccount, name: string): string {
  return account.arn("iam", `policy${TERRAFORM_IAM_PATH}${boundaryName(name)}`, { region: "" });
}

const boundaryName = (name: string) => `${name}-boundary`;

function maximumPermissions({ account, name, secretsPrefix }: PermissionsBoundaryProps): PolicyStatement[] {
  return [
    {
      sid: "NodesAndControllers",
      actions: [
        "acm:*",
        "autoscaling:*",
        "cloudwatch:*",
        "ec2:*",
        "ec2messages:*",
        "ecr:*",
        "eks:Describe*",
        "eks:List*",
        "eks-auth:*",
        "elasticloadbalancing:*",
        "kms:*",
        "logs:*",
        "route53:*",
        "ses:SendEmail",
        "ses:SendRawEmail",
        "shield:Describe*",
        "shield:Get*",
        "sns:Publish",
        "ssm:*",
        "ssmmessages:*",
        "tag:GetResources",
        "waf-regional:Get*",
        "wafv2:*",
        "xray:*",
      ],
      // A boundary only limits. The policies of the roles contain the resources.
      resources: ["*"],
    },
    {
      sid: "EnvironmentBuckets",
      actions: ["s3:*"],
      resources: [`arn:${account.partition}:s3:::${name}-*`],
    },
    {
      sid: "EnvironmentSecrets",
      actions: ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
      resources: [
        account.arn("secretsmanager", `secret:${secretsPrefix}*`, { region: "*" }),
        // Secrets of master users, which RDS names.
        account.arn("secretsmanager", "secret:rds!cluster-*", { region: "*" }),
      ],
    },
    {
      sid: "DenyObjectLockBypass",
      effect: "Deny",
      actions: OBJECT_LOCK_BYPASS,
      resources: ["*"],
    },
    {
      sid: "CreateServiceLinkedRoles",
      actions: ["iam:CreateServiceLinkedRole"],
      resources: [account.roleArn("aws-service-role/*")],
    },
  ];
}
