import type { StackConfiguration } from "../terraform/synthesized-stacks.js";

type Blocks = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * Returns the manual steps after the bootstrap stack was applied: setting the values that must not be in code, and
 * creating the tokens that must not be in a state. The list is complete, because it is read from the stack.
 */
export function manualSteps({ resource }: Pick<StackConfiguration, "resource">): string[] {
  const { tfe_workspace: workspaces = {}, tfe_variable_set: sets = {} } = resource;
  const unset = Object.values(resource.tfe_variable ?? {}).filter(({ value }) => value === undefined);
  const values = unset.map((variable) => {
    const place = nameOf(variable.workspace_id, workspaces) ?? nameOf(variable.variable_set_id, sets);
    return `  ${String(variable.key)} in ${place}: ${String(variable.description)}`;
  });
  const teams = Object.values(resource.tfe_team ?? {}).map(({ name }) => String(name));
  return [
    "Set these variables in HCP Terraform:",
    ...values.sort(),
    "Create a token of each team for the workflows (docs/runbook/github.md names the secret of each):",
    ...teams.sort().map((team) => `  ${team}`),
  ];
}

/** Returns the name of the block that `${type.id.id}` refers to. */
function nameOf(reference: unknown, blocks: Blocks): string | undefined {
  const id = /\.([^.]+)\.id\}$/.exec(String(reference ?? ""))?.[1];
  const name = id === undefined ? undefined : blocks[id]?.name;
  return name === undefined ? undefined : String(name);
}
