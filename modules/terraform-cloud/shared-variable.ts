import { ProjectVariableSet } from "@cdktf/provider-tfe/lib/project-variable-set/index.js";
import { VariableSet } from "@cdktf/provider-tfe/lib/variable-set/index.js";
import { WorkspaceVariableSet } from "@cdktf/provider-tfe/lib/workspace-variable-set/index.js";
import { Construct } from "constructs";
import type { TerraformCloudWorkspace } from "./workspace.js";
import { addVariable, type WorkspaceVariable } from "./workspace-variable.js";

export interface SharedVariableProps {
  /** Name of the variable set. */
  readonly name: string;
  readonly organization: string;
  /** Project that owns the variable set. Other projects cannot use it. */
  readonly projectId: string;
  readonly variable: WorkspaceVariable;
  /** Workspaces that use the variable: all of the project, or a list. */
  readonly users: "whole-project" | readonly TerraformCloudWorkspace[];
}

/**
 * Variable that several workspaces share: a variable set with one variable.
 *
 * Only workspaces whose stack declares the variable use it, so that no run can read a secret that it does not need.
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
    addVariable(this, variable, { variableSetId });
    if (users === "whole-project") {
      new ProjectVariableSet(this, "project", { variableSetId, projectId });
      return;
    }
    for (const workspace of users) {
      new WorkspaceVariableSet(this, workspace.name, { variableSetId, workspaceId: workspace.id });
    }
  }
}
