import { Team } from "@cdktf/provider-tfe/lib/team/index.js";
import { TeamAccess } from "@cdktf/provider-tfe/lib/team-access/index.js";
import { Construct } from "constructs";
import type { TerraformCloudWorkspace } from "./workspace.js";

export interface PipelineTeamProps {
  /** Such as `notejam-plan`. */
  readonly name: string;
  readonly organization: string;
  /** What its token can do in the workspaces: plan, or plan and apply. */
  readonly runs: "plan" | "apply";
  readonly workspaces: readonly TerraformCloudWorkspace[];
}

/**
 * A team without people, whose token a pipeline uses.
 *
 * It has no right in the organization and reads no variable. It reads states, because `terraform init` does; there is no
 * secret in them. Its token is made by a person: `tfe_team_token` would keep it in the state, in the clear.
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
