import { NotificationConfiguration } from "@cdktf/provider-tfe/lib/notification-configuration/index.js";
import { Workspace } from "@cdktf/provider-tfe/lib/workspace/index.js";
import { WorkspaceSettings } from "@cdktf/provider-tfe/lib/workspace-settings/index.js";
import { Construct } from "constructs";
import { declareVariable, type WorkspaceVariable } from "./workspace-variable.js";

export interface TerraformCloudWorkspaceProps {
  /** The stack's name. */
  readonly name: string;
  readonly description: string;
  readonly organization: string;
  /** Project that holds it; the roles in AWS believe runs of this project only. */
  readonly projectId: string;
  /** Terraform's exact version, such as `1.11.4`. */
  readonly terraformVersion: string;
  /** Whether a run may destroy everything in it. */
  readonly destroyable: boolean;
  /** Role that the runs' plans take in AWS. */
  readonly planRoleArn: string;
  /** Role that the runs' applies take in AWS. */
  readonly applyRoleArn: string;
  /** What belongs to this workspace alone. */
  readonly variables: readonly WorkspaceVariable[];
  /** Members of the organization who hear of trouble, as `tfe_organization_membership` gives them. @default nobody */
  readonly notifiedUserIds?: readonly string[];
}

/** What somebody must look at: an approval, a failed run, or that something was changed behind Terraform's back. */
const TRIGGERS = [
  "run:needs_attention",
  "run:errored",
  "assessment:drifted",
  "assessment:check_failure",
  "assessment:failed",
];

/**
 * A workspace of Terraform Cloud: one stack's state, runs and variables.
 *
 * Its runs are started by the `cloud` block of the stack (CLI-driven), which uploads the folder with the synthesized stack.
 * So there is no repository to watch, and no working directory: with one, the command line would upload the
 * folders above it, too.
 */
export class TerraformCloudWorkspace extends Construct {
  readonly id: string;
  readonly name: string;

  constructor(scope: Construct, id: string, props: TerraformCloudWorkspaceProps) {
    super(scope, id);
    this.name = props.name;
    this.id = this.addWorkspace(props);
    this.addRoles(props);
    for (const variable of props.variables) declareVariable(this, variable, { workspaceId: this.id });
    this.addNotification(props.notifiedUserIds ?? []);
  }

  /**
   * Says who may read this workspace's state, which is nobody else; call it once, when all workspaces exist.
   *
   * Nothing is applied without somebody's approval: a pipeline gives its own with `terraform apply -auto-approve`, for
   * the one run that it started, and needs no workspace that applies by itself.
   */
  settle(consumers: readonly TerraformCloudWorkspace[]): void {
    new WorkspaceSettings(this, "settings", {
      workspaceId: this.id,
      executionMode: "remote",
      autoApply: false,
      assessmentsEnabled: true,
      globalRemoteState: false,
      remoteStateConsumerIds: consumers.map(({ id }) => id),
    });
  }

  private addWorkspace(props: TerraformCloudWorkspaceProps): string {
    return new Workspace(this, "workspace", {
      name: props.name,
      description: props.description,
      organization: props.organization,
      projectId: props.projectId,
      terraformVersion: props.terraformVersion,
      speculativeEnabled: true,
      fileTriggersEnabled: false,
      queueAllRuns: false,
      allowDestroyPlan: props.destroyable,
      // Terraform Cloud deletes no workspace that still has resources unless it is forced to.
      forceDelete: false,
      lifecycle: { preventDestroy: true },
    }).id;
  }

  /** @see https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/aws-configuration */
  private addRoles({ planRoleArn, applyRoleArn }: TerraformCloudWorkspaceProps): void {
    const roles: WorkspaceVariable[] = [
      {
        key: "TFC_AWS_PLAN_ROLE_ARN",
        category: "env",
        description: "Role that a plan takes in AWS: it reads, but no secret.",
        value: { stated: planRoleArn },
      },
      {
        key: "TFC_AWS_APPLY_ROLE_ARN",
        category: "env",
        description: "Role that an apply takes in AWS.",
        value: { stated: applyRoleArn },
      },
    ];
    for (const role of roles) declareVariable(this, role, { workspaceId: this.id });
  }

  private addNotification(emailUserIds: readonly string[]): void {
    if (emailUserIds.length === 0) return;
    new NotificationConfiguration(this, "trouble", {
      name: "trouble",
      workspaceId: this.id,
      destinationType: "email",
      enabled: true,
      triggers: TRIGGERS,
      emailUserIds: [...emailUserIds],
    });
  }
}
