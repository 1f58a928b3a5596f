import { existsSync } from "node:fs";
import { UserError } from "../user-error.js";
import { firstError } from "./diagnostics.js";
import { runTerraform } from "./process.js";
import { cloudWorkspaceOf, type SynthesizedStack, stackFile } from "./synthesized-stacks.js";
import { findWorkspaceTerraform } from "./workspace-terraform.js";

/** URL of the HCP Terraform run that `plan` or `apply` starts through a `cloud` block. */
const RUN_URL = /https:\/\/\S+\/runs\/(run-[A-Za-z0-9]+)/;

/** Result of a Terraform command with a `cloud` block. */
export interface CloudCommandResult {
  readonly ok: boolean;
  /** Output of Terraform. Not for display: it may contain values that are not marked as sensitive. */
  readonly output: string;
  /** Run in HCP Terraform; undefined if the command started none. */
  readonly run?: { readonly id: string; readonly url: string };
}

/**
 * Runs `terraform init` for a stack with a `cloud` block. It installs the providers and writes their checksums into the
 * lock file, which the remote run uses.
 *
 * @param token token of HCP Terraform, hidden in messages
 * @throws UserError if it fails, or if the installed Terraform cannot use the workspaces
 */
export async function initCloudStack(
  stack: SynthesizedStack,
  env: NodeJS.ProcessEnv,
  token: string,
): Promise<void> {
  if (!existsSync(stackFile(stack))) {
    throw new UserError(`${stackFile(stack)} does not exist.`, { hint: "Run `npm run synth` again." });
  }
  await findWorkspaceTerraform(env);
  const { ok, output } = await runCloudCommand(stack, ["init", "-input=false", "-no-color"], env);
  if (!ok) throw noRunError(stack, "prepare Terraform", output, token);
}

/**
 * Returns the error of a Terraform command that started no run.
 *
 * @param action the failed action: "start the plan"
 * @param output Terraform's output
 * @param token token of HCP Terraform, hidden in the message
 */
export function noRunError(
  stack: Pick<SynthesizedStack, "name" | "configuration">,
  action: string,
  output: string,
  token: string,
): UserError {
  const { hostname, workspace } = cloudWorkspaceOf(stack);
  const reason = firstError(output).replaceAll(token, "…");
  return new UserError(`Could not ${action} for ${stack.name}: ${reason}`, {
    hint: `Check the token for ${hostname}, that the workspace ${workspace} exists, and the network.`,
  });
}

/**
 * Runs a Terraform command in the folder of a prepared stack to its end.
 *
 * @param onRun receives the URL of the run in HCP Terraform when it starts
 */
export async function runCloudCommand(
  { folder }: Pick<SynthesizedStack, "folder">,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onRun?: (url: string) => void,
): Promise<CloudCommandResult> {
  const binary = env.TERRAFORM_BINARY_NAME || "terraform";
  const lines: string[] = [];
  let run: CloudCommandResult["run"];
  const { ok } = await runTerraform({
    binary,
    args,
    folder,
    env: { ...env, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", TF_INPUT: "0" },
    onLine: (line) => {
      lines.push(line);
      const [url, id] = (run === undefined && RUN_URL.exec(line)) || [];
      if (url === undefined || id === undefined) return;
      run = { id, url };
      onRun?.(url);
    },
  });
  return { ok, output: lines.join("\n"), ...(run === undefined ? {} : { run }) };
}
