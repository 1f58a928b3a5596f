import { Variable } from "@cdktf/provider-tfe/lib/variable/index.js";
import type { Construct } from "constructs";

/** Variable of a workspace in HCP Terraform. */
export interface WorkspaceVariable {
  /** Name of the Terraform variable, or of the environment variable. */
  readonly key: string;
  /** Description in HCP Terraform. */
  readonly description: string;
  /** `terraform`: input variable of the stack. `env`: environment variable of the run. */
  readonly category: "terraform" | "env";
  /** Hide the value. @default false */
  readonly sensitive?: boolean;
  /**
   * `managed`: Terraform sets the value and reverts other changes.
   * `unmanaged`: initial value. Later changes happen outside Terraform.
   */
  readonly value: { readonly managed: string } | { readonly unmanaged: string };
}

/** Owner of a variable: a workspace, or a variable set. */
export type VariableOwner = { readonly workspaceId: string } | { readonly variableSetId: string };

/**
 * Adds a variable.
 *
 * Terraform ignores changes of an unmanaged value. When another argument changes, the provider sends no value, so that
 * sensitive values, which it cannot read, remain. The state contains only the initial value, which is empty for sensitive
 * variables.
 *
 * @see https://github.com/hashicorp/terraform-provider-tfe/blob/v0.71.0/internal/provider/resource_tfe_variable.go
 * @throws Error if a sensitive variable has an initial value, which would be in the state and in Git
 */
export function addVariable(scope: Construct, variable: WorkspaceVariable, owner: VariableOwner): void {
  const { key, description, category, sensitive = false, value } = variable;
  const isUnmanaged = "unmanaged" in value;
  const initial = isUnmanaged ? value.unmanaged : value.managed;
  if (sensitive && initial !== "") {
    throw new Error(
      `${scope.node.path}: the sensitive variable "${key}" has a value, which would be stored in the state. ` +
        'Use { unmanaged: "" }.',
    );
  }
  new Variable(scope, key, {
    key,
    description,
    category,
    sensitive,
    ...(initial === "" ? {} : { value: initial }),
    ...(isUnmanaged ? { lifecycle: { ignoreChanges: ["value"] } } : {}),
    ...owner,
  });
}
