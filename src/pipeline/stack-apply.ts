import { errorsIn } from "../terraform/error-output.js";
import { terraformToken } from "../terraform/hcp-client.js";
import { cloudWorkspaceOf, type StackOutput } from "../terraform/synthesized-output.js";
import { prepare, startFailure, terraform } from "./cloud-terraform.js";

export interface StackApplyProps {
  readonly stack: StackOutput;
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
 * @throws PipelineProblem when the run could not be started
 */
export async function applyStack({ stack, env, onRun }: StackApplyProps): Promise<StackApply> {
  const token = terraformToken(cloudWorkspaceOf(stack).hostname, env);
  await prepare(stack, env, token);
  const parameters = ["apply", "-input=false", "-auto-approve", "-no-color"];
  const { ok, output, run } = await terraform(stack, parameters, env, onRun);
  if (ok) return { done: DONE.exec(output)?.[1] ?? "no changes" };
  if (run === undefined) throw startFailure(stack, "start the apply", output, token);
  const errors = errorsIn(output);
  return { errors: errors.length > 0 ? errors : ["The run came to no good end; it says why."] };
}
