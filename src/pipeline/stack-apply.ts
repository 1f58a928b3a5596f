import { initCloudStack, noRunError, runCloudCommand } from "../terraform/cloud-run.js";
import { diagnosticLine, redactedDiagnostics } from "../terraform/diagnostics.js";
import { terraformToken } from "../terraform/hcp-client.js";
import { cloudWorkspaceOf, type SynthesizedStack } from "../terraform/synthesized-stacks.js";

export interface StackApplyProps {
  readonly stack: SynthesizedStack;
  readonly env: NodeJS.ProcessEnv;
  /** Told where the run can be watched, as soon as there is one. */
  readonly onRun: (url: string) => void;
}

/** How an apply ended: what it changed in Terraform's words, or what went wrong, each in a line. */
export type StackApply = { readonly done: string } | { readonly errors: readonly string[] };

/** Terraform's own last words; there are none when nothing had to be changed. */
const DONE = /^Apply complete! (Resources: [\d a-z,]+)\.$/m;

/**
 * Applies a stack in Terraform Cloud, where nobody is asked any more.
 *
 * Terraform's own output is read and never passed on: it holds values that nobody marked as sensitive, and the log of a job is as
 * public as the repository.
 *
 * @throws UserError if the run could not be started
 */
export async function applyStack({ stack, env, onRun }: StackApplyProps): Promise<StackApply> {
  const token = terraformToken(cloudWorkspaceOf(stack).hostname, env);
  await initCloudStack(stack, env, token);
  const parameters = ["apply", "-input=false", "-auto-approve", "-no-color"];
  const { ok, output, run } = await runCloudCommand(stack, parameters, env, onRun);
  if (ok) return { done: DONE.exec(output)?.[1] ?? "no changes" };
  if (run === undefined) throw noRunError(stack, "start the apply", output, token);
  const errors = redactedDiagnostics(output, stack.name).map(diagnosticLine);
  return { errors: errors.length > 0 ? errors : ["The run came to no good end; it says why."] };
}
