import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { Token } from "cdktf";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";
import { type PolicyStatement, policyDocument } from "../blocks/iam-policy.js";
import { githubActionsRoleName } from "./names.js";
import { GITHUB_AUDIENCE, GITHUB_ISSUER, githubOidcProviderArn } from "./oidc-provider.js";

export interface GithubActionsRoleProps {
  /** What the role's name starts with; unique over the account's regions. */
  readonly globalName: string;
  readonly account: AwsAccount;
  /** User or organization on GitHub; may be a token. */
  readonly owner: string;
  /** Repositories, without the owner, whose workflows may push images. At least one. */
  readonly repositories: readonly string[];
  /**
   * Numbers of owner and repositories, for repositories whose tokens hold them: those made or renamed since July 2026.
   * The role then believes no token without them.
   * @default none: tokens with names alone
   * @see https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens
   */
  readonly ids?: { readonly owner: number; readonly repositories: Readonly<Record<string, number>> };
  /** The GitHub environment that the job must run in; its protection rules say who may start it. */
  readonly environment: string;
  /** The image repository to push to. */
  readonly repositoryArn: string;
  /** Image repositories to read from, such as the one that promoted images come from. @default none */
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
 * What a workflow of ours may do in AWS: push images to one repository, for an hour, with no key kept on GitHub.
 *
 * GitHub puts the environment into the token's subject only after the environment's rules (branches, reviewers) let the
 * job pass. The subject is compared whole: neither another branch's workflow nor a fork's pull request has it.
 *
 * @see https://docs.github.com/en/actions/concepts/security/openid-connect
 */
export class GithubActionsRole extends Construct {
  readonly roleArn: string;
  readonly roleName: string;

  constructor(scope: Construct, id: string, props: GithubActionsRoleProps) {
    super(scope, id);
    this.refuseLooseSubjects(props);
    const role = new IamRole(this, "role", {
      name: githubActionsRoleName(props.globalName),
      description: `GitHub Actions of the environment ${props.environment} pushes images`,
      maxSessionDuration: SESSION_SECONDS,
      assumeRolePolicy: policyDocument([jobsInEnvironment(props)]),
    });
    new IamRolePolicy(this, "policy", {
      name: "push-images",
      role: role.name,
      policy: policyDocument(imageRights(props)),
    });
    this.roleArn = role.arn;
    this.roleName = role.name;
  }

  private refuseLooseSubjects({ owner, repositories, ids, environment }: GithubActionsRoleProps): void {
    const unnumbered = repositories.filter((repository) => ids && !ids.repositories[repository]);
    if (unnumbered.length > 0) {
      throw new Error(
        `${this.node.path}: ids has no number for ${unnumbered.join(", ")}; GitHub tells it by gh api repos/<owner>/<repository> --jq .id`,
      );
    }
    if (repositories.length === 0) {
      throw new Error(`${this.node.path}: repositories is empty; name at least one that may push images.`);
    }
    for (const part of [owner, ...repositories, environment]) {
      if (Token.isUnresolved(part) || /^[\w.-]+$/.test(part)) continue;
      throw new Error(
        `${this.node.path}: "${part}" cannot be part of a GitHub token's subject; ` +
          "give owner, repository and environment as plain names (letters, digits, . _ -), without wildcards.",
      );
    }
  }
}

function jobsInEnvironment(props: GithubActionsRoleProps): PolicyStatement {
  return {
    sid: "JobsInTheEnvironment",
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

/** How a token names a repository with its owner. */
function nameInToken({ owner, ids }: GithubActionsRoleProps, repository: string): string {
  return ids === undefined
    ? `${owner}/${repository}`
    : `${owner}@${ids.owner}/${repository}@${ids.repositories[repository]}`;
}

function imageRights({
  repositoryArn,
  readableRepositoryArns = [],
}: GithubActionsRoleProps): PolicyStatement[] {
  const rights: PolicyStatement[] = [
    {
      sid: "SignIn",
      actions: ["ecr:GetAuthorizationToken"],
      // Reason for the star: a sign-in is to the registry; the statements below say to which repositories.
      resources: ["*"],
    },
    { sid: "PushImages", actions: [...PULL, ...PUSH], resources: [repositoryArn] },
  ];
  if (readableRepositoryArns.length === 0) return rights;
  return [...rights, { sid: "PullImages", actions: PULL, resources: readableRepositoryArns }];
}
