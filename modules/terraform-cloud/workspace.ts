import { NotificationConfiguration } from "@cdktf/provider-tfe/lib/notification-configuration/index.js";
import { Workspace, type WorkspaceConfig } from "@cdktf/provider-tfe/lib/workspace/index.js";
import { WorkspaceSettings } from "@cdktf/provider-tfe/lib/workspace-settings/index.js";
import { Construct } from "constructs";
import { addVariable, type WorkspaceVariable } from "./workspace-variable.js";

export interface TerraformCloudWorkspaceProps {
  /** Name of the stack. */
  readonly name: string;
  readonly description: string;
  readonly organization: string;
  /** Project of the workspace. The AWS roles trust runs of this project only. */
  readonly projectId: string;
  /** Version of Terraform, such as `1.11.4`. */
  readonly terraformVersion: string;
  /** Allow destroy plans. */
  readonly destroyable: boolean;
  /** AWS role of plans. */
  readonly planRoleArn: string;
  /** AWS role of applies. */
  readonly applyRoleArn: string;
  /** Variables of this workspace only. */
  readonly variables: readonly WorkspaceVariable[];
  /** Ids of users who get notifications, from `tfe_organization_membership`. @default none */
  readonly notifiedUserIds?: readonly string[];
  /** Arguments of the workspace that replace those of this construct. @default none */
  readonly overrides?: Partial<WorkspaceConfig>;
}

/** Events that need a person: pending approvals, failed runs, drift. */
const TRIGGERS = [
  "run:needs_attention",
  "run:errored",
  "assessment:drifted",
  "assessment:check_failure",
  "assessment:failed",
];

/**
 * Workspace of HCP Terraform: state, runs and variables of one stack.
 *
 * The workspace is CLI-driven: the `cloud` block of the stack uploads the folder with the synthesized stack. It has no
 * repository and no working directory, with which the CLI would also upload the parent folders.
 */
export class TerraformCloudWorkspace extends Construct {
  readonly id: string;
  readonly name: string;

  constructor(scope: Construct, id: string, props: TerraformCloudWorkspaceProps) {
    super(scope, id);
    this.name = props.name;
    this.id = this.addWorkspace(props);
    this.addRoles(props);
    for (const variable of props.variables) addVariable(this, variable, { workspaceId: this.id });
    this.addNotification(props.notifiedUserIds ?? []);
  }

  /**
   * Restricts remote-state access to these workspaces. Call it once for each workspace.
   *
   * The workspace does not apply automatically. A pipeline approves the run that it started with
   * `terraform apply -auto-approve`.
   */
  setRemoteStateConsumers(consumers: readonly TerraformCloudWorkspace[]): void {
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
      // HCP Terraform does not delete workspaces with resources.
      forceDelete: false,
      lifecycle: { preventDestroy: true },
      ...props.overrides,
    }).id;
  }

  /** @see https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/aws-configuration */
  private addRoles({ planRoleArn, applyRoleArn }: TerraformCloudWorkspaceProps): void {
    const roles: WorkspaceVariable[] = [
      {
        key: "TFC_AWS_PLAN_ROLE_ARN",
        category: "env",
        description: "AWS role of plans, which can read configurations, but no secrets.",
        value: { managed: planRoleArn },
      },
      {
        key: "TFC_AWS_APPLY_ROLE_ARN",
        category: "env",
        description: "AWS role of applies.",
        value: { managed: applyRoleArn },
      },
    ];
    for (const role of roles) addVariable(this, role, { workspaceId: this.id });
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
