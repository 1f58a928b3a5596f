import { ActionsEnvironmentSecret } from "@cdktf/provider-github/lib/actions-environment-secret/index.js";
import { ActionsEnvironmentVariable } from "@cdktf/provider-github/lib/actions-environment-variable/index.js";
import { ActionsVariable } from "@cdktf/provider-github/lib/actions-variable/index.js";
import { RepositoryEnvironment } from "@cdktf/provider-github/lib/repository-environment/index.js";
import { RepositoryEnvironmentDeploymentPolicy } from "@cdktf/provider-github/lib/repository-environment-deployment-policy/index.js";
import { Construct } from "constructs";
import { registryVariable } from "./names.js";
import { MAIN_BRANCH } from "./operations-repository.js";

export interface ActionsSettingsProps {
  /** Source repository, without the owner. */
  readonly repository: string;
  /** GitHub environment of the values, such as `prod`. */
  readonly environment: string;
  readonly accountId: string;
  readonly region: string;
  /** URL of the environment's ECR repository. */
  readonly registry: string;
  /** ARN of the role that jobs assume to push images. */
  readonly roleArn: string;
}

/**
 * GitHub environment of a source repository, with the variables that workflows need to deploy.
 *
 * The values are not confidential. The account id is a secret, so that GitHub masks it in logs. The URL of the registry
 * is also a variable of the repository, such as `PROD_REGISTRY` for `prod`, because a promotion reads from another
 * environment's registry.
 *
 * Only jobs of the main branch can use the environment, so unreviewed code can neither assume its role nor read its
 * secrets. Reviewers and wait timers are configured on GitHub; Terraform ignores them.
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
