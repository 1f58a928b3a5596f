import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import { type PolicyStatement, policyDocument } from "../blocks/iam-policy.js";
import { GOVERNING_PATH } from "./identity-path.js";
import { LIFTING_LOCKS } from "./locks.js";

export interface PermissionsBoundaryProps {
  /** Such as `notejam-prod`: the roles of the environment are called `<name>-…`, and so are its buckets. */
  readonly name: string;
  /** What the names of the environment's secrets start with, such as `notejam/prod/`. */
  readonly secretsPrefix: string;
  readonly account: AwsAccount;
}

/**
 * The most that any role of an environment can ever do, whatever its own policies say.
 *
 * An apply may make roles and write their policies. Without a boundary it could so make itself an administrator; with
 * it, a role that it makes reaches what the environment's own parts (nodes, pods, RDS, replication) use, and has no
 * right over identities at all. The apply can make no role without it (`environmentApplyRights`).
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
export class PermissionsBoundary extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: PermissionsBoundaryProps) {
    super(scope, id);
    this.arn = new IamPolicy(this, "policy", {
      name: boundaryName(props.name),
      path: GOVERNING_PATH,
      description: `The most that roles of ${props.name} can do`,
      policy: policyDocument(mostOf(props)),
    }).arn;
  }
}

/** The boundary's ARN, which follows from account and name: a stack sets it on its roles without reading another's output. */
export function permissionsBoundaryArn(account: AwsAccount, name: string): string {
  return account.arn("iam", `policy${GOVERNING_PATH}${boundaryName(name)}`, { region: "" });
}

const boundaryName = (name: string) => `${name}-boundary`;

function mostOf({ account, name, secretsPrefix }: PermissionsBoundaryProps): PolicyStatement[] {
  return [
    {
      sid: "WhatNodesAndControllersUse",
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
      // Reason for the star: a boundary only caps; which resources is said by each role's own policy.
      resources: ["*"],
    },
    {
      sid: "OwnBuckets",
      actions: ["s3:*"],
      resources: [`arn:${account.partition}:s3:::${name}-*`],
    },
    {
      sid: "OwnSecrets",
      actions: ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
      resources: [
        account.arn("secretsmanager", `secret:${secretsPrefix}*`, { region: "*" }),
        // Master users' logins, named by RDS.
        account.arn("secretsmanager", "secret:rds!cluster-*", { region: "*" }),
      ],
    },
    {
      sid: "NoLockIsLifted",
      effect: "Deny",
      actions: LIFTING_LOCKS,
      resources: ["*"],
    },
    {
      sid: "ServiceRolesOfLoadBalancing",
      actions: ["iam:CreateServiceLinkedRole"],
      resources: [account.roleArn("aws-service-role/*")],
    },
  ];
}
