import { ActionsEnvironmentSecret } from "@cdktf/provider-github/lib/actions-environment-secret/index.js";
import { ActionsEnvironmentVariable } from "@cdktf/provider-github/lib/actions-environment-variable/index.js";
import { ActionsVariable } from "@cdktf/provider-github/lib/actions-variable/index.js";
import { RepositoryEnvironment } from "@cdktf/provider-github/lib/repository-environment/index.js";
import { RepositoryEnvironmentDeploymentPolicy } from "@cdktf/provider-github/lib/repository-environment-deployment-policy/index.js";
import { Construct } from "constructs";
import { registryVariable } from "./names.js";
import { MAIN_BRANCH } from "./operations-repository.js";

export interface ActionsSettingsProps {
  /** Repository of the source, without the owner. */
  readonly repository: string;
  /** GitHub environment whose jobs get the values, such as `prod`. */
  readonly environment: string;
  readonly accountId: string;
  readonly region: string;
  /** URL of the environment's image repository. */
  readonly registry: string;
  /** Role that a job assumes to push images. */
  readonly roleArn: string;
}

/**
 * What the workflows of a repository must know of an environment, so that nobody types it in.
 *
 * Nothing here is confidential. The account id is a secret only because GitHub then masks it in logs. The URL of the
 * registry is also a variable of the whole repository, `PROD_REGISTRY` for `prod`, because a promotion reads from one
 * environment's registry and writes to another's.
 *
 * Only jobs of main get into the environment: what nobody has reviewed can neither take its role nor read its secrets, whatever
 * a branch writes into its workflows. Who approves, and how long it waits, is decided on GitHub and left alone here.
 */
export class ActionsSettings extends Construct {
  constructor(scope: Construct, id: string, props: ActionsSettingsProps) {
    super(scope, id);
    const { repository } = props;
    const { environment } = new RepositoryEnvironment(this, "environment", {
      repository,
      environment: props.environment,
      deploymentBranchPolicy: { customBranchPolicies: true, protectedBranches: false },
      lifecycle: {
        ignoreChanges: ["reviewers", "wait_timer", "prevent_self_review", "can_admins_bypass"],
      },
    });
    new RepositoryEnvironmentDeploymentPolicy(this, "from-main", {
      repository,
      environment,
      branchPattern: MAIN_BRANCH,
    });
    new ActionsEnvironmentSecret(this, "AWS_ACCOUNT_ID", {
      repository,
      environment,
      secretName: "AWS_ACCOUNT_ID",
      plaintextValue: props.accountId,
    });
    const values = { AWS_REGION: props.region, AWS_ROLE_ARN: props.roleArn, REGISTRY: props.registry };
    for (const [variableName, value] of Object.entries(values)) {
      new ActionsEnvironmentVariable(this, variableName, { repository, environment, variableName, value });
    }
    new ActionsVariable(this, "registry-of-environment", {
      repository,
      variableName: registryVariable(props.environment),
      value: props.registry,
    });
  }
}
