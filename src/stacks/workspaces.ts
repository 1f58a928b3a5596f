import { DataTfeOrganizationMembership } from "@cdktf/provider-tfe/lib/data-tfe-organization-membership/index.js";
import { Project } from "@cdktf/provider-tfe/lib/project/index.js";
import { Construct } from "constructs";
import { PipelineTeam } from "../../modules/terraform-cloud/pipeline-team.js";
import { SharedVariable } from "../../modules/terraform-cloud/shared-variable.js";
import { TerraformCloudWorkspace } from "../../modules/terraform-cloud/workspace.js";
import type { WorkspaceVariable } from "../../modules/terraform-cloud/workspace-variable.js";
import toolVersions from "../../tool-versions.json" with { type: "json" };
import { type Names, PLAN_TEAM } from "../config/names.js";
import type { Organization } from "../config/organization.js";
import { PROPOSED_VALUES, SHARED_INPUTS } from "./input-variables.js";
import type { DeclaredVariable, WorkspaceNeeds } from "./workspace-requirements.js";

/** The Terraform that all runs use: the one that the proofs ran with. */
export const TERRAFORM_VERSION = toolVersions.terraform.pinned;

/** Roles that runs take in AWS. */
export interface RunRoleArns {
  readonly planRoleArn: string;
  readonly applyRoleArn: string;
}

/** An environment, as Terraform Cloud sees it. */
export interface EnvironmentWorkspaces {
  readonly names: Names;
  readonly production: boolean;
  readonly roles: RunRoleArns;
  /** Its stacks, in the order in which they are applied. */
  readonly stacks: readonly WorkspaceNeeds[];
}

export interface WorkspacesProps {
  readonly organization: Organization;
  /** The stack that these workspaces are stated in, which has one, too. */
  readonly bootstrap: { readonly stack: string; readonly roles: RunRoleArns };
  readonly environments: readonly EnvironmentWorkspaces[];
}

/** What the bootstrap's own runs need: its provider for Terraform Cloud reads no other variable. */
const BOOTSTRAP_VARIABLES: readonly WorkspaceVariable[] = [
  {
    key: "TFE_TOKEN",
    category: "env",
    sensitive: true,
    description:
      "Token of an owner of the organization, by which this workspace keeps the others. Every plan of this workspace can read it.",
    value: { leftToPeople: "" },
  },
];

/** Makes every run ask Terraform Cloud for a token that AWS believes, in place of stored credentials. */
const AWS_BY_OIDC: WorkspaceVariable = {
  key: "TFC_AWS_PROVIDER_AUTH",
  category: "env",
  description: "Runs authenticate to AWS with short-lived tokens.",
  value: { stated: "true" },
};

/**
 * Terraform Cloud's half of the account: the project, a workspace per stack, the variables that the stacks declare, who reads whose
 * state, and the teams whose tokens the pipelines use.
 *
 * The pipelines reach the workspaces of environments alone. A plan runs the code of a pull request, which can read every
 * variable of its workspace; in the bootstrap's that is the token that rules all others.
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
      description: "Notejam: every stack's state and runs",
    }).id;
    this.notifiedUserIds = this.findNotified();
    const own = this.addWorkspace(bootstrap.stack, "What the AWS account has once, and these workspaces", {
      ...bootstrap.roles,
      destroyable: false,
      variables: BOOTSTRAP_VARIABLES,
    });
    own.settle([]);
    const all = environments.flatMap((environment) => this.addEnvironment(environment));
    this.shareStates(all);
    this.shareVariables(all);
    this.addTeams(environments, all);
  }

  private findNotified(): string[] {
    const { organization, notify = [] } = this.organization.terraformCloud;
    return notify.map(
      (email) => new DataTfeOrganizationMembership(this, `member-${email}`, { organization, email }).userId,
    );
  }

  private addEnvironment(environment: EnvironmentWorkspaces): Placed[] {
    return environment.stacks.map((needs) => ({
      instance: environment.names.instance,
      needs,
      workspace: this.addWorkspace(needs.stack, `Environment ${environment.names.instance}`, {
        ...environment.roles,
        destroyable: !environment.production,
        variables: needs.variables.filter(({ name }) => !isShared(name)).map(leftToPeople),
      }),
    }));
  }

  private addWorkspace(name: string, description: string, differing: Differing): TerraformCloudWorkspace {
    return new TerraformCloudWorkspace(this, name, {
      name,
      description,
      organization: this.organization.terraformCloud.organization,
      projectId: this.projectId,
      terraformVersion: TERRAFORM_VERSION,
      notifiedUserIds: this.notifiedUserIds,
      ...differing,
    });
  }

  private shareStates(all: readonly Placed[]): void {
    for (const { needs, workspace } of all) {
      const consumers = all.filter((other) => other.needs.readsStateOf.includes(needs.stack));
      workspace.settle(consumers.map((consumer) => consumer.workspace));
    }
  }

  private shareVariables(all: readonly Placed[]): void {
    this.addSharedVariable(AWS_BY_OIDC, "whole-project");
    for (const name of SHARED_INPUTS) {
      const users = all.filter(({ needs }) => needs.variables.some((variable) => variable.name === name));
      const [declared] = users.flatMap(({ needs }) =>
        needs.variables.filter((variable) => variable.name === name),
      );
      if (declared === undefined) continue;
      const stated = { github_owner: this.organization.githubOwner, github_token: undefined }[name];
      this.addSharedVariable(
        stated === undefined ? leftToPeople(declared) : { ...leftToPeople(declared), value: { stated } },
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

  /** One token plans everywhere; the one that applies to an environment can do so to no other. */
  private addTeams(environments: readonly EnvironmentWorkspaces[], all: readonly Placed[]): void {
    const { organization } = this.organization.terraformCloud;
    new PipelineTeam(this, "team-plan", {
      name: PLAN_TEAM,
      organization,
      runs: "plan",
      workspaces: all.map(({ workspace }) => workspace),
    });
    for (const { names } of environments) {
      const { instance, applyTeam } = names;
      new PipelineTeam(this, `team-${instance}-apply`, {
        name: applyTeam,
        organization,
        runs: "apply",
        workspaces: all.filter((placed) => placed.instance === instance).map(({ workspace }) => workspace),
      });
    }
  }
}

/** A stack's needs, and the workspace that was made for them. */
interface Placed {
  readonly instance: string;
  readonly needs: WorkspaceNeeds;
  readonly workspace: TerraformCloudWorkspace;
}

/** What differs between workspaces. */
type Differing = Pick<
  ConstructorParameters<typeof TerraformCloudWorkspace>[2],
  "planRoleArn" | "applyRoleArn" | "destroyable" | "variables"
>;

function isShared(name: string): boolean {
  return SHARED_INPUTS.some((shared) => shared === name);
}

function leftToPeople({ name, description, sensitive, default: value }: DeclaredVariable): WorkspaceVariable {
  return {
    key: name,
    category: "terraform",
    description,
    sensitive,
    value: { leftToPeople: PROPOSED_VALUES[name] ?? value ?? "" },
  };
}
