import { ContainerRegistry } from "@notejam/constructs/ecr/container-registry";
import { ReplicatedRepository } from "@notejam/constructs/ecr/replicated-repository";
import { GithubActionsRole } from "@notejam/constructs/github/actions-role";
import { type NamedEnvironment, namesOf, namesOfPrimary } from "../../config/names.js";
import type { Organization } from "../../config/organization.js";
import { githubOwnerVariable } from "../input-variables.js";
import type { PlatformContext } from "./context.js";

/** Repository of the application's image. */
export type Registry = ContainerRegistry | ReplicatedRepository;

/** Adds the image repository. A standby uses the replica of the primary's repository. */
export function addRegistry({ stack, environment, names, keys, replicaProvider }: PlatformContext): Registry {
  const source = namesOfPrimary(environment);
  if (source !== undefined)
    return new ReplicatedRepository(stack, "ecr", { repositoryName: source.imageRepository });
  return new ContainerRegistry(stack, "ecr", {
    name: names.name,
    kmsKeyArn: keys.ecr.arn,
    replica: { provider: replicaProvider, kmsKeyArn: keys.ecr.replicaArn },
  });
}

export interface PushRoleProps {
  readonly organization: Organization;
  /** Environment whose images are promoted to this one. @default none */
  readonly promotesFrom: NamedEnvironment | undefined;
}

/** Adds the role that GitHub Actions assumes to push images. */
export function addPushRole(
  context: PlatformContext,
  registry: Registry,
  { organization, promotesFrom }: PushRoleProps,
): GithubActionsRole {
  const { stack, account, environment, names } = context;
  return new GithubActionsRole(stack, "github", {
    globalName: names.globalName,
    account,
    owner: githubOwnerVariable(stack),
    repositories: environment.githubRepositories,
    ids: organization.githubIds,
    environment: names.environmentId,
    repositoryArn: registry.repositoryArn,
    readableRepositoryArns: promotesFrom === undefined ? [] : [imageRepositoryArn(context, promotesFrom)],
  });
}

/** ARN of another environment's image repository in the same account. */
function imageRepositoryArn({ account }: PlatformContext, environment: NamedEnvironment): string {
  const repository = `repository/${namesOf(environment).imageRepository}`;
  return account.arn("ecr", repository, { region: environment.region });
}
