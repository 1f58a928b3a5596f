import type { Command } from "commander";
import { loadConfiguration } from "../../config/load.js";
import { type WorkflowMatrices, workflowMatrices } from "../../pipeline/environments.js";
import { writeWorkflowOutput } from "../../pipeline/workflow-output.js";
import { UserError } from "../../user-error.js";
import { type CommandContext, printResult } from "../context.js";
import { environmentsOption, exitStatusHelp, jsonOption } from "../options.js";

interface EnvironmentsOptions {
  readonly releaseTo: string;
  readonly environments: string;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Lists the environments of the workflows' matrices, in deployment order.")
    .option("--release-to <id>", "limit releases to this environment (default: all with promotesFrom)", "")
    .addOption(environmentsOption(context.env))
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
JSON: { non-production, production, builds, releases }, each a list.
Workflow outputs: the same lists, as JSON.
${exitStatusHelp()}`,
    )
    .action((options: EnvironmentsOptions) => listEnvironments(options, context));
}

async function listEnvironments(options: EnvironmentsOptions, context: CommandContext): Promise<void> {
  const { environments } = await loadConfiguration(options.environments);
  const matrices = limitReleases(workflowMatrices(environments), options.releaseTo);
  const lists = Object.entries(matrices).map(([name, list]) => [name, JSON.stringify(list)]);
  writeWorkflowOutput(Object.fromEntries(lists), context.env);
  printResult(context, options, matrices, () => lists.map(([name, list]) => `${name}: ${list}`).join("\n"));
}

/** Limits the releases to one environment, unless its id is empty. */
function limitReleases(matrices: WorkflowMatrices, id: string): WorkflowMatrices {
  if (id === "") return matrices;
  const releases = matrices.releases.filter(({ environment }) => environment === id);
  if (releases.length === 0) {
    const known = matrices.releases.map(({ environment }) => environment).join(", ") || "none";
    throw new UserError(`${JSON.stringify(id)} is not an environment that receives releases.`, {
      hint: `Environments with promotesFrom: ${known}.`,
    });
  }
  return { ...matrices, releases };
}
