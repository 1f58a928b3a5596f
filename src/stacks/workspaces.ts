import { DataTfeOrganizationMembership } from "@cdktf/provider-tfe/lib/data-tfe-organization-membership/index.js";
import { Project } from "@cdktf/provider-tfe/lib/project/index.js";
import { PipelineTeam } from "@notejam/constructs/terraform-cloud/pipeline-team";
import { SharedVariable } from "@notejam/constructs/terraform-cloud/shared-variable";
import { TerraformCloudWorkspace } from "@notejam/constructs/terraform-cloud/workspace";
import type { WorkspaceVariable } from "@notejam/constructs/terraform-cloud/workspace-variable";
import { Construct } from "constructs";
import toolVersions from "../../tool-versions.json" with { type: "json" };
import { type Names, PLAN_TEAM } from "../config/names.js";
import type { Organization } from "../config/organization.js";
import { PROPOSED_VALUES, SHARED_INPUTS } from "./input-variables.js";
import type { DeclaredVariable, WorkspaceRequirements } from "./workspace-requirements.js";

/** Terraform version of all runs: the one that the end-to-end tests use. */
export const TERRAFORM_VERSION = toolVersions.terraform.pinned;

/** IAM roles that runs assume. */
export interface RunRoleArns {
  readonly planRoleArn: string;
  readonly applyRoleArn: string;
}

/** Workspaces of an environment. */
export interface EnvironmentWorkspaces {
  readonly names: Names;
  readonly production: boolean;
  readonly roles: RunRoleArns;
  /** Requirements of its stacks, in the order in which they are applied. */
  readonly stacks: readonly WorkspaceRequirements[];
}

export interface WorkspacesProps {
  readonly organization: Organization;
  /** Bootstrap stack, which also has a workspace. */
  readonly bootstrap: { readonly stack: string; readonly roles: RunRoleArns };
  readonly environments: readonly EnvironmentWorkspaces[];
}

/** Variables of the bootstrap workspace, for its HCP Terraform provider. */
const BOOTSTRAP_VARIABLES: readonly WorkspaceVariable[] = [
  {
    key: "TFE_TOKEN",
    category: "env",
    sensitive: true,
    description:
      "Token of an organization owner, which manages the other workspaces. Every plan of this workspace can read it.",
    value: { unmanaged: "" },
  },
];

/** Makes runs authenticate to AWS by OIDC, without stored credentials. */
const AWS_BY_OIDC: WorkspaceVariable = {
  key: "TFC_AWS_PROVIDER_AUTH",
  category: "env",
  description: "Runs authenticate to AWS with short-lived tokens.",
  value: { managed: "true" },
};

/**
 * HCP Terraform resources: the project, a workspace per stack, the variables of the stacks, access to remote state,
 * and the teams whose tokens the pipelines use.
 *
 * The pipelines have no access to the bootstrap workspace. A plan runs the code of a pull request, which can read every
 * variable of its workspace, and the bootstrap workspace contains an owner's token.
 */
export class Workspaces extends Construct {
  private readonly organization: Organization;
  private readonly projectId: string;
  private readonly notifiedUserIds: readonly string[];

  constructor(scope: Construct, id: string, { organization, bootstrap, environments }: WorkspacesProps) {
    super(scope, id);
    this.organization = organization;
    this.projectId = new Project(this, "project", {
      name: organization.terraformCloud.project,
      organization: organization.terraformCloud.organization,
      description: "Notejam: state and runs of all stacks",
    }).id;
    this.notifiedUserIds = this.lookUpNotifiedUsers();
    const bootstrapWorkspace = this.addWorkspace(
      bootstrap.stack,
      "Resources that the AWS account has once, and the workspaces",
      {
        ...bootstrap.roles,
        destroyable: false,
        variables: BOOTSTRAP_VARIABLES,
      },
    );
    bootstrapWorkspace.setRemoteStateConsumers([]);
    const all = environments.flatMap((environment) => this.addEnvironment(environment));
    this.shareRemoteStates(all);
    this.shareVariables(all);
    this.addTeams(environments, all);
  }

  private lookUpNotifiedUsers(): string[] {
    const { organization, notify = [] } = this.organization.terraformCloud;
    return notify.map(
      (email) => new DataTfeOrganizationMembership(this, `member-${email}`, { organization, email }).userId,
    );
  }

  private addEnvironment(environment: EnvironmentWorkspaces): StackWorkspace[] {
    return environment.stacks.map((requirements) => ({
      environmentId: environment.names.environmentId,
      requirements,
      workspace: this.addWorkspace(requirements.stack, `Environment ${environment.names.environmentId}`, {
        ...environment.roles,
        destroyable: !environment.production,
        variables: requirements.variables.filter(({ name }) => !isShared(name)).map(unmanaged),
      }),
    }));
  }

  private addWorkspace(
    name: string,
    description: string,
    properties: WorkspaceProperties,
  ): TerraformCloudWorkspace {
    return new TerraformCloudWorkspace(this, name, {
      name,
      description,
      organization: this.organization.terraformCloud.organization,
      projectId: this.projectId,
      terraformVersion: TERRAFORM_VERSION,
      notifiedUserIds: this.notifiedUserIds,
      ...properties,
    });
  }

  private shareRemoteStates(all: readonly StackWorkspace[]): void {
    for (const { requirements, workspace } of all) {
      const consumers = all.filter((other) => other.requirements.readsStateOf.includes(requirements.stack));
      workspace.setRemoteStateConsumers(consumers.map((consumer) => consumer.workspace));
    }
  }

  private shareVariables(all: readonly StackWorkspace[]): void {
    this.addSharedVariable(AWS_BY_OIDC, "whole-project");
    for (const name of SHARED_INPUTS) {
      const users = all.filter(({ requirements }) =>
        requirements.variables.some((variable) => variable.name === name),
      );
      const [declared] = users.flatMap(({ requirements }) =>
        requirements.variables.filter((variable) => variable.name === name),
      );
      if (declared === undefined) continue;
      const managed = { github_owner: this.organization.githubOwner, github_token: undefined }[name];
      this.addSharedVariable(
        managed === undefined ? unmanaged(declared) : { ...unmanaged(declared), value: { managed } },
        users.map(({ workspace }) => workspace),
      );
    }
  }

  private addSharedVariable(
    variable: WorkspaceVariable,
    users: "whole-project" | readonly TerraformCloudWorkspace[],
  ): void {
    const { organization, project } = this.organization.terraformCloud;
    new SharedVariable(this, `shared-${variable.key}`, {
      name: `${project}-${variable.key}`,
      organization,
      projectId: this.projectId,
      variable,
      users,
    });
  }

  /** Adds one team that plans all environments, and one team per environment that applies to that environment only. */
  private addTeams(environments: readonly EnvironmentWorkspaces[], all: readonly StackWorkspace[]): void {
    const { organization } = this.organization.terraformCloud;
    new PipelineTeam(this, "team-plan", {
      name: PLAN_TEAM,
      organization,
      runs: "plan",
      workspaces: all.map(({ workspace }) => workspace),
    });
    for (const { names } of environments) {
      const { environmentId, applyTeam } = names;
      new PipelineTeam(this, `team-${environmentId}-apply`, {
        name: applyTeam,
        organization,
        runs: "apply",
        workspaces: all
          .filter((other) => other.environmentId === environmentId)
          .map(({ workspace }) => workspace),
      });
    }
  }
}

/** Stack with its workspace. */
interface StackWorkspace {
  readonly environmentId: string;
  readonly requirements: WorkspaceRequirements;
  readonly workspace: TerraformCloudWorkspace;
}

/** Properties that differ between workspaces. */
type WorkspaceProperties = Pick<
  ConstructorParameters<typeof TerraformCloudWorkspace>[2],
  "planRoleArn" | "applyRoleArn" | "destroyable" | "variables"
>;

function isShared(name: string): boolean {
  return SHARED_INPUTS.some((shared) => shared === name);
}

function unmanaged({ name, description, sensitive, default: value }: DeclaredVariable): WorkspaceVariable {
  return {
    key: name,
    category: "terraform",
    description,
    sensitive,
    value: { unmanaged: PROPOSED_VALUES[name] ?? value ?? "" },
  };
}
