import { Variable } from "@cdktf/provider-tfe/lib/variable/index.js";
import type { Construct } from "constructs";

/** A variable as Terraform Cloud hands it to the runs of a workspace. */
export interface WorkspaceVariable {
  /** Name of the Terraform variable, or of the environment variable. */
  readonly key: string;
  /** What it is, for whoever fills it in. */
  readonly description: string;
  /** `terraform` for an input of the stack, `env` for the environment of the run. */
  readonly category: "terraform" | "env";
  /** Terraform Cloud shows its value to nobody. @default false */
  readonly sensitive?: boolean;
  /**
   * `stated`: the value is decided here, and a change elsewhere is put right.
   * `left-to-people`: the value is only what it starts with; people fill it in, and no apply ever overwrites it.
   */
  readonly value: { readonly stated: string } | { readonly leftToPeople: string };
}

/** Where a variable is kept: in one workspace, or in a set that several share. */
export type VariableOwner = { readonly workspaceId: string } | { readonly variableSetId: string };

/**
 * Declares a variable.
 *
 * A value that is left to people is ignored after the creation. The provider then sends none when anything else of the
 * variable changes, so a value that it cannot read back, a sensitive one, stays as people set it. None of them is in the state:
 * there is what the variable was created with, which for a sensitive one is nothing.
 *
 * @see https://github.com/hashicorp/terraform-provider-tfe/blob/v0.71.0/internal/provider/resource_tfe_variable.go
 * @throws Error when a sensitive value is stated: it would be in the state and in Git
 */
export function declareVariable(scope: Construct, variable: WorkspaceVariable, owner: VariableOwner): void {
  const { key, description, category, sensitive = false, value } = variable;
  const left = "leftToPeople" in value;
  const initial = left ? value.leftToPeople : value.stated;
  if (sensitive && initial !== "") {
    throw new Error(
      `${scope.node.path}: the sensitive variable "${key}" is given a value here, which would be stored; ` +
        'leave it to people: { leftToPeople: "" }.',
    );
  }
  new Variable(scope, key, {
    key,
    description,
    category,
    sensitive,
    ...(initial === "" ? {} : { value: initial }),
    ...(left ? { lifecycle: { ignoreChanges: ["value"] } } : {}),
    ...owner,
  });
}
