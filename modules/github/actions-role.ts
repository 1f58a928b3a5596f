import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { Token } from "cdktf";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";
import { type PolicyStatement, policyDocument } from "../core/iam-policy.js";
import { githubActionsRoleName } from "./names.js";
import { GITHUB_AUDIENCE, GITHUB_ISSUER, githubOidcProviderArn } from "./oidc-provider.js";

export interface GithubActionsRoleProps {
  /** Prefix of the role's name, unique in the account. */
  readonly globalName: string;
  readonly account: AwsAccount;
  /** User or organization on GitHub. May be a token. */
  readonly owner: string;
  /** Repositories without the owner, whose workflows may push images. At least one. */
  readonly repositories: readonly string[];
  /**
   * Ids of owner and repositories. The tokens of repositories that were created or renamed since July 2026 contain them.
   * With ids, the role accepts no tokens without them.
   *
   * @default none: tokens with names only
   * @see https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens
   */
  readonly ids?: { readonly owner: number; readonly repositories: Readonly<Record<string, number>> };
  /** GitHub environment of the job. Its protection rules control access. */
  readonly environment: string;
  /** ARN of the ECR repository to push to. */
  readonly repositoryArn: string;
  /** ARNs of ECR repositories to pull from, such as the source of promoted images. @default none */
  readonly readableRepositoryArns?: readonly string[];
}

const SESSION_SECONDS = 3600;

const PULL = [
  "ecr:BatchCheckLayerAvailability",
  "ecr:BatchGetImage",
  "ecr:DescribeImages",
  "ecr:GetDownloadUrlForLayer",
];

const PUSH = ["ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"];

/**
 * IAM role that GitHub Actions assumes to push images to one ECR repository. Sessions last one hour. GitHub stores no
 * access key.
 *
 * The subject of a token contains the environment only after the environment's protection rules (branches, reviewers)
 * allow the job. The role compares the whole subject, so workflows of other branches and forks cannot assume it.
 *
 * @see https://docs.github.com/en/actions/concepts/security/openid-connect
 */
export class GithubActionsRole extends Construct {
  readonly roleArn: string;
  readonly roleName: string;

  constructor(scope: Construct, id: string, props: GithubActionsRoleProps) {
    super(scope, id);
    this.validateSubjects(props);
    const role = new IamRole(this, "role", {
      name: githubActionsRoleName(props.globalName),
      description: `GitHub Actions of the environment ${props.environment}: push images`,
      maxSessionDuration: SESSION_SECONDS,
      assumeRolePolicy: policyDocument([jobsInEnvironment(props)]),
    });
    new IamRolePolicy(this, "policy", {
      name: "push-images",
      role: role.name,
      policy: policyDocument(imagePermissions(props)),
    });
    this.roleArn = role.arn;
    this.roleName = role.name;
  }

  private validateSubjects({ owner, repositories, ids, environment }: GithubActionsRoleProps): void {
    const withoutId = repositories.filter((repository) => ids && !ids.repositories[repository]);
    if (withoutId.length > 0) {
      throw new Error(
        `${this.node.path}: ids contains no id of ${withoutId.join(", ")}. Run: gh api repos/<owner>/<repository> --jq .id`,
      );
    }
    if (repositories.length === 0) {
      throw new Error(`${this.node.path}: repositories is empty. Add at least one.`);
    }
    for (const part of [owner, ...repositories, environment]) {
      if (Token.isUnresolved(part) || /^[\w.-]+$/.test(part)) continue;
      throw new Error(
        `${this.node.path}: "${part}" cannot be part of a token's subject. ` +
          "Use plain names of owner, repository and environment (letters, digits, . _ -), without wildcards.",
      );
    }
  }
}

function jobsInEnvironment(props: GithubActionsRoleProps): PolicyStatement {
  return {
    sid: "AssumeRoleFromEnvironmentJobs",
    principals: { Federated: [githubOidcProviderArn(props.account)] },
    actions: ["sts:AssumeRoleWithWebIdentity"],
    conditions: {
      StringEquals: {
        [`${GITHUB_ISSUER}:aud`]: GITHUB_AUDIENCE,
        [`${GITHUB_ISSUER}:sub`]: props.repositories.map(
          (repository) => `repo:${nameInToken(props, repository)}:environment:${props.environment}`,
        ),
      },
    },
  };
}

/** Returns the name of a repository with its owner, as in tokens. */
function nameInToken({ owner, ids }: GithubActionsRoleProps, repository: string): string {
  return ids === undefined
    ? `${owner}/${repository}`
    : `${owner}@${ids.owner}/${repository}@${ids.repositories[repository]}`;
}

function imagePermissions({
  repositoryArn,
  readableRepositoryArns = [],
}: GithubActionsRoleProps): PolicyStatement[] {
  const statements: PolicyStatement[] = [
    {
      sid: "GetAuthorizationToken",
      actions: ["ecr:GetAuthorizationToken"],
      // This action does not support resource-level permissions. The statements below limit the repositories.
      resources: ["*"],
    },
    { sid: "PushImages", actions: [...PULL, ...PUSH], resources: [repositoryArn] },
  ];
  if (readableRepositoryArns.length === 0) return statements;
  return [...statements, { sid: "PullImages", actions: PULL, resources: readableRepositoryArns }];
}
