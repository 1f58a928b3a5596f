import { Team } from "@cdktf/provider-tfe/lib/team/index.js";
import { TeamAccess } from "@cdktf/provider-tfe/lib/team-access/index.js";
import { Construct } from "constructs";
import type { TerraformCloudWorkspace } from "./workspace.js";

export interface PipelineTeamProps {
  /** Name, such as `notejam-plan`. */
  readonly name: string;
  readonly organization: string;
  /** Permission for runs in the workspaces: plan, or plan and apply. */
  readonly runs: "plan" | "apply";
  readonly workspaces: readonly TerraformCloudWorkspace[];
}

/**
 * Team of HCP Terraform without members, whose token a pipeline uses.
 *
 * It has no permissions in the organization and cannot read variables. It reads states, because `terraform init` does.
 * They contain no secrets. Create its token manually: `tfe_team_token` would store it in the state as plain text.
 */
export class PipelineTeam extends Construct {
  constructor(scope: Construct, id: string, { name, organization, runs, workspaces }: PipelineTeamProps) {
    super(scope, id);
    const team = new Team(this, "team", {
      name,
      organization,
      visibility: "secret",
      allowMemberTokenManagement: false,
    });
    for (const workspace of workspaces) {
      new TeamAccess(this, workspace.name, {
        teamId: team.id,
        workspaceId: workspace.id,
        permissions: [
          {
            runs,
            stateVersions: "read",
            variables: "none",
            sentinelMocks: "none",
            workspaceLocking: false,
            runTasks: false,
          },
        ],
      });
    }
  }
}
