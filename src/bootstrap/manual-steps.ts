import type { StackConfiguration } from "../terraform/synthesized-stacks.js";

type Blocks = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * What only people can do after the bootstrap stack was applied: values that nobody may state in code, and tokens that no state may
 * hold. Read from the stack, so that the list is complete.
 */
export function leftToDo({ resource }: Pick<StackConfiguration, "resource">): string[] {
  const { tfe_workspace: workspaces = {}, tfe_variable_set: sets = {} } = resource;
  const empty = Object.values(resource.tfe_variable ?? {}).filter(({ value }) => value === undefined);
  const values = empty.map((variable) => {
    const place = nameOf(variable.workspace_id, workspaces) ?? nameOf(variable.variable_set_id, sets);
    return `  ${String(variable.key)} in ${place}: ${String(variable.description)}`;
  });
  const teams = Object.values(resource.tfe_team ?? {}).map(({ name }) => String(name));
  return [
    "Fill in, in Terraform Cloud:",
    ...values.sort(),
    "Make a token of each team, for the workflows (docs/runbook/github.md lists the secrets):",
    ...teams.sort().map((team) => `  ${team}`),
  ];
}

/** The name of the block that `${type.id.id}` refers to. */
function nameOf(reference: unknown, blocks: Blocks): string | undefined {
  const id = /\.([^.]+)\.id\}$/.exec(String(reference ?? ""))?.[1];
  const name = id === undefined ? undefined : blocks[id]?.name;
  return name === undefined ? undefined : String(name);
}
