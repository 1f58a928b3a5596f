import type { Command } from "commander";
import { execa } from "execa";
import { findEnvironment } from "../config/find-environment.js";
import { loadConfiguration } from "../config/load.js";
import { namesOf } from "../config/names.js";
import { type DestroyStep, destroySteps, runSteps } from "../destroy/steps.js";
import { findWorkspaceTerraform, WORKSPACE_TERRAFORM_HELP } from "../terraform/workspace-terraform.js";
import { UserError } from "../user-error.js";
import type { CommandContext } from "./context.js";
import { environmentsOption, exitStatusHelp } from "./options.js";

interface DestroyOptions {
  readonly yes?: boolean;
  readonly environments: string;
}

const RUNBOOK = "docs/runbook/destroy.md#destroy-production";

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Destroys an environment: first what controllers in the cluster created, then Flux, then all AWS resources.",
    )
    .argument("<environment>", "id of the environment, such as dev")
    .option("--yes", "run the commands; without it, they are only printed")
    .addOption(environmentsOption(context.env))
    .addHelpText(
      "after",
      `
A production environment is protected: see ${RUNBOOK}.
${WORKSPACE_TERRAFORM_HELP}
${exitStatusHelp()}

Examples:
  npm run notejam -- destroy dev        # prints the commands
  npm run notejam -- destroy dev --yes  # runs them`,
    )
    .action((id: string, options: DestroyOptions) => destroy(id, options, context));
}

async function destroy(id: string, options: DestroyOptions, context: CommandContext): Promise<void> {
  const { environments } = await loadConfiguration(options.environments);
  const environment = findEnvironment(environments, id);
  const steps = destroySteps(namesOf(environment));
  if (!options.yes) {
    printSteps(steps, environment.production, context);
    return;
  }
  if (environment.production) {
    throw new UserError(`${id} is a production environment: its database and load balancer are protected.`, {
      hint: `See ${RUNBOOK}.`,
    });
  }
  // Before the first step: a failed destruction leaves an environment without Flux.
  await findWorkspaceTerraform(context.env);
  await runSteps(steps, {
    run: (program, args) => execa(program, [...args], { stdio: "inherit" }),
    print: context.print,
  });
}

function printSteps(steps: readonly DestroyStep[], production: boolean, { print }: CommandContext): void {
  print("Commands, in this order (--yes runs them):");
  for (const { summary, program, args } of steps) print(`  ${summary}\n    ${program} ${args.join(" ")}`);
  if (production) print(`This is a production environment: --yes is refused. See ${RUNBOOK}.`);
}
