import { resolve } from "node:path";
import { Command } from "commander";
import { execa } from "execa";
import { FirstRunProblem, firstRun } from "../bootstrap/first-run.js";
import { leftToDo } from "../bootstrap/manual-steps.js";
import { loadConfiguration } from "../config/load.js";
import { BOOTSTRAP_STACK } from "../config/names.js";
import type { Organization } from "../config/organization.js";
import { LocalProblem } from "../local/problem.js";
import { synthesize } from "../local/synthesize.js";
import { PipelineProblem } from "../pipeline/problem.js";
import { findTerraform } from "../terraform/find-terraform.js";
import { terraformToken } from "../terraform/hcp-client.js";
import { readSynthesized } from "../terraform/synthesized-stack.js";
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
    terraform: (...args) => execa(binary, args, { cwd: stack.folder, stdio: "inherit" }),
    workspaceExists: () => workspaceExists(organization, stack.name),
    say: (line) => console.log(line),
  });
  for (const line of leftToDo(readSynthesized(stack.file))) console.log(line);
}

async function workspaceExists(
  { terraformCloud: { hostname, organization } }: Organization,
  name: string,
): Promise<boolean> {
  const address = `https://${hostname}/api/v2/organizations/${organization}/workspaces/${name}`;
  const { status } = await fetch(address, {
    headers: { authorization: `Bearer ${terraformToken(hostname)}` },
  }).catch((error: unknown) => {
    const { cause = error } = Object(error);
    throw new FirstRunProblem(`${hostname} cannot be reached (${Object(cause).message}). Check the network.`);
  });
  if (status === 200) return true;
  if (status === 404) return false;
  throw new FirstRunProblem(
    `${hostname} did not say whether there is a workspace ${name} (status ${status}). Log in again: terraform login ${hostname}.`,
  );
}

await main().catch((error: unknown) => {
  const forPeople = [FirstRunProblem, LocalProblem, PipelineProblem].some((kind) => error instanceof kind);
  if (!forPeople) return reportUserError(error);
  process.exitCode = 1;
  console.error(error instanceof Error ? error.message : String(error));
});
