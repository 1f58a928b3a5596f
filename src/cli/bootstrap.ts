import { resolve } from "node:path";
import { Command } from "commander";
import { FirstRunProblem, firstRun } from "../bootstrap/first-run.js";
import { leftToDo } from "../bootstrap/manual-steps.js";
import { loadConfiguration } from "../config/load.js";
import { BOOTSTRAP_STACK } from "../config/names.js";
import type { Organization } from "../config/organization.js";
import { findTerraform } from "../terraform/find-terraform.js";
import { HcpClient, terraformToken } from "../terraform/hcp-client.js";
import { runInTerminal } from "../terraform/process.js";
import { synthesize } from "../terraform/synthesize-app.js";
import { readConfiguration } from "../terraform/synthesized-stacks.js";
import { UserError } from "../user-error.js";
import { reportUserError } from "./report-user-error.js";

async function main(): Promise<void> {
  new Command("npm run bootstrap")
    .description(
      `Applies ${BOOTSTRAP_STACK} for the first time, and moves its state into its workspace. It needs \`terraform login\` as an ` +
        "owner of the organization, and credentials of an administrator of the AWS account (AWS_PROFILE, or the variables).",
    )
    .parse();
  const { organization } = await loadConfiguration("environments");
  const { binary } = await findTerraform();
  const stacks = await synthesize({ projectFolder: resolve("."), out: resolve("cdktf.out") });
  const stack = stacks.find(({ name }) => name === BOOTSTRAP_STACK);
  if (stack === undefined) throw new FirstRunProblem(`There is no stack ${BOOTSTRAP_STACK}.`);
  await firstRun({
    stack: stack.name,
    folder: stack.folder,
    stateFile: resolve(`terraform.${stack.name}.tfstate`),
    terraform: (...args) => runInTerminal({ binary, args, folder: stack.folder }),
    workspaceExists: () => workspaceExists(organization, stack.name),
    say: (line) => console.log(line),
  });
  for (const line of leftToDo(readConfiguration(stack))) console.log(line);
}

async function workspaceExists(
  { terraformCloud: { hostname, organization } }: Organization,
  name: string,
): Promise<boolean> {
  const client = new HcpClient({ hostname, token: terraformToken(hostname) });
  return client.workspaceExists(organization, name);
}

await main().catch((error: unknown) => {
  const forPeople = [FirstRunProblem, UserError].some((kind) => error instanceof kind);
  if (!forPeople) return reportUserError(error);
  process.exitCode = 1;
  console.error(error instanceof Error ? error.message : String(error));
});
