import { initCloudStack, noRunError, runCloudCommand } from "../terraform/cloud-run.js";
import { diagnosticLine, redactedDiagnostics } from "../terraform/diagnostics.js";
import { terraformToken } from "../terraform/hcp-client.js";
import { cloudWorkspaceOf, type SynthesizedStack } from "../terraform/synthesized-stacks.js";

export interface StackApplyProps {
  readonly stack: SynthesizedStack;
  readonly env: NodeJS.ProcessEnv;
  /** Receives the URL of the run when it starts. */
  readonly onRun: (url: string) => void;
}

/** Result of an apply: Terraform's count of changed resources, or the errors in one line each. */
export type StackApply = { readonly done: string } | { readonly errors: readonly string[] };

/** Terraform's last line; absent when nothing changed. */
const DONE = /^Apply complete! (Resources: [\d a-z,]+)\.$/m;

/**
 * Applies a stack in HCP Terraform without approval.
 *
 * Never prints the output of Terraform: it may contain values that are not marked as sensitive, and the log of a job is
 * as public as the repository.
 *
 * @throws UserError when the run could not be started
 */
export async function applyStack({ stack, env, onRun }: StackApplyProps): Promise<StackApply> {
  const token = terraformToken(cloudWorkspaceOf(stack).hostname, env);
  await initCloudStack(stack, env, token);
  const parameters = ["apply", "-input=false", "-auto-approve", "-no-color"];
  const { ok, output, run } = await runCloudCommand(stack, parameters, env, onRun);
  if (ok) return { done: DONE.exec(output)?.[1] ?? "no changes" };
  if (run === undefined) throw noRunError(stack, "start the apply", output, token);
  const errors = redactedDiagnostics(output, stack.name).map(diagnosticLine);
  return { errors: errors.length > 0 ? errors : ["The run failed. See the run."] };
}
