import { ProjectVariableSet } from "@cdktf/provider-tfe/lib/project-variable-set/index.js";
import { VariableSet } from "@cdktf/provider-tfe/lib/variable-set/index.js";
import { WorkspaceVariableSet } from "@cdktf/provider-tfe/lib/workspace-variable-set/index.js";
import { Construct } from "constructs";
import type { TerraformCloudWorkspace } from "./workspace.js";
import { declareVariable, type WorkspaceVariable } from "./workspace-variable.js";

export interface SharedVariableProps {
  /** Name of the variable set. */
  readonly name: string;
  readonly organization: string;
  /** Project that owns the set: nobody outside can use it. */
  readonly projectId: string;
  readonly variable: WorkspaceVariable;
  /** Who gets it: every workspace of the project, or these. */
  readonly users: "whole-project" | readonly TerraformCloudWorkspace[];
}

/**
 * A value that is set once and used by several workspaces.
 *
 * A set holds one variable and is given to the workspaces whose stack declares it, so that no run sees a secret that it has no
 * use for.
 */
export class SharedVariable extends Construct {
  constructor(scope: Construct, id: string, props: SharedVariableProps) {
    super(scope, id);
    const { name, organization, projectId, variable, users } = props;
    const variableSetId = new VariableSet(this, "set", {
      name,
      description: variable.description,
      organization,
      parentProjectId: projectId,
    }).id;
    declareVariable(this, variable, { variableSetId });
    if (users === "whole-project") {
      new ProjectVariableSet(this, "project", { variableSetId, projectId });
      return;
    }
    for (const workspace of users) {
      new WorkspaceVariableSet(this, workspace.name, { variableSetId, workspaceId: workspace.id });
    }
  }
}
