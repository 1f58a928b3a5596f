import { resolve } from "node:path";
import type { Command } from "commander";
import { firstRun } from "../bootstrap/first-run.js";
import { manualSteps } from "../bootstrap/manual-steps.js";
import { loadConfiguration } from "../config/load.js";
import { BOOTSTRAP_STACK } from "../config/names.js";
import type { Organization } from "../config/organization.js";
import { HcpClient, terraformToken } from "../terraform/hcp-client.js";
import { runInTerminal } from "../terraform/process.js";
import { synthesize } from "../terraform/synthesize-app.js";
import { readConfiguration } from "../terraform/synthesized-stacks.js";
import { findWorkspaceTerraform, WORKSPACE_TERRAFORM_HELP } from "../terraform/workspace-terraform.js";
import { UserError } from "../user-error.js";
import type { CommandContext } from "./context.js";
import { exitStatusHelp } from "./options.js";

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      `Applies ${BOOTSTRAP_STACK} for the first time, moves its state into its workspace, and prints the manual steps that remain.`,
    )
    .addHelpText(
      "after",
      `
Needs \`terraform login\` as an owner of the organization, and credentials of an administrator of the AWS account
(AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY). ${WORKSPACE_TERRAFORM_HELP}
${exitStatusHelp()}`,
    )
    .action(() => bootstrap(context));
}

async function bootstrap({ env, print }: CommandContext): Promise<void> {
  const { organization } = await loadConfiguration("environments");
  const { binary } = await findWorkspaceTerraform(env);
  const stacks = await synthesize({ projectFolder: resolve("."), out: resolve("cdktf.out") });
  const stack = stacks.find(({ name }) => name === BOOTSTRAP_STACK);
  if (stack === undefined) throw new UserError(`There is no stack ${BOOTSTRAP_STACK}.`);
  await firstRun({
    stack: stack.name,
    folder: stack.folder,
    stateFile: resolve(`terraform.${stack.name}.tfstate`),
    terraform: (...args) => runInTerminal({ binary, args, folder: stack.folder }),
    workspaceExists: () => workspaceExists(organization, stack.name, env),
    print,
  });
  for (const line of manualSteps(readConfiguration(stack))) print(line);
}

async function workspaceExists(
  { terraformCloud: { hostname, organization } }: Organization,
  name: string,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  const client = new HcpClient({ hostname, token: terraformToken(hostname, env) });
  return client.workspaceExists(organization, name);
}
