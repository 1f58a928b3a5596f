import type { Command } from "commander";
import { loadConfiguration } from "../config/load.js";
import { deployOrder } from "../pipeline/deploy-order.js";
import { writeWorkflowOutput } from "../pipeline/workflow-output.js";
import { readStacks } from "../terraform/synthesized-stacks.js";
import { type CommandContext, printResult } from "./context.js";
import { appOption, environmentsOption, exitStatusHelp, jsonOption } from "./options.js";

interface DeployOrderOptions {
  readonly env: string;
  readonly app: string;
  readonly environments: string;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Lists the stacks of an environment, each after the stacks whose outputs it reads.")
    .requiredOption("-e, --env <id>", "environment, such as dev")
    .addOption(appOption())
    .addOption(environmentsOption(context.env))
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
JSON: ["notejam-dev", "notejam-dev-gitops"]
Workflow output: stacks, as JSON.
${exitStatusHelp()}

Example:
  npm run synth && npm run notejam -- deploy-order --env dev`,
    )
    .action((options: DeployOrderOptions) => printOrder(options, context));
}

async function printOrder(options: DeployOrderOptions, context: CommandContext): Promise<void> {
  const { environments } = await loadConfiguration(options.environments);
  const order = deployOrder(options.env, environments, readStacks(options.app));
  writeWorkflowOutput({ stacks: JSON.stringify(order) }, context.env);
  printResult(context, options, order, () => order.join("\n"));
}
