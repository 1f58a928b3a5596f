import { initCloudStack, noRunError, runCloudCommand } from "../terraform/cloud-run.js";
import { diagnosticLine, redactedDiagnostics } from "../terraform/diagnostics.js";
import { type CloudRun, HcpClient, terraformToken } from "../terraform/hcp-client.js";
import { parsePlan } from "../terraform/plan-json.js";
import { cloudWorkspaceOf, type SynthesizedStack } from "../terraform/synthesized-stacks.js";
import { UserError } from "../user-error.js";
import { type Summary, summarize, summarizeCounts, summarizeFailure } from "./summary.js";

export interface SpeculativePlanProps {
  readonly stack: SynthesizedStack;
  /** @default the environment of this process */
  readonly env?: NodeJS.ProcessEnv;
  /** Receives the URL of the run when it starts. */
  readonly onRun?: (url: string) => void;
  /**
   * Length of a second of waiting, in milliseconds; tests shorten it.
   * @default 1000
   */
  readonly second?: number;
}

/**
 * Plans a stack in HCP Terraform with a run that cannot be applied.
 *
 * Never prints the output of Terraform: it may contain values that are not marked as sensitive.
 *
 * @returns the summary of the plan; a plan with errors has the status `failed`
 * @throws UserError when the run could not be started or read
 */
export async function speculativePlan({
  stack,
  env = process.env,
  onRun,
  second,
}: SpeculativePlanProps): Promise<Summary> {
  const { hostname } = cloudWorkspaceOf(stack);
  const token = terraformToken(hostname, env);
  await initCloudStack(stack, env, token);
  const { ok, output, run } = await runCloudCommand(stack, ["plan", "-input=false", "-no-color"], env, onRun);
  if (run === undefined) throw noRunError(stack, "start the plan", output, token);
  const cloud = new HcpClient({ hostname, token, ...(second === undefined ? {} : { second }) });
  if (ok) return planned(stack.name, cloud, run);
  const errors = redactedDiagnostics(output, stack.name).map(diagnosticLine);
  const status = errors.length === 0 ? await cloud.run(run.id).then((found) => found.status) : "errored";
  return summarizeFailure(
    stack.name,
    "failed",
    errors.length > 0 ? errors : [describeStatus(status)],
    run.url,
  );
}

async function planned(
  stack: string,
  cloud: HcpClient,
  { id, url }: { readonly id: string; readonly url: string },
): Promise<Summary> {
  const run = await cloud.run(id);
  const json = await cloud.planJson(run.planId);
  if (json !== undefined) return summarize(stack, parsePlan(json, `The plan of ${stack}`), url);
  return summarizeCounts(stack, requiredCounts(stack, run), url);
}

function requiredCounts(stack: string, { counts, status }: CloudRun) {
  if (counts !== undefined) return counts;
  throw new UserError(
    `The run of ${stack} ended (${status}), but HCP Terraform returns neither its plan nor its counts.`,
    { hint: "See the run, and run the command again." },
  );
}

const STATUSES: Readonly<Record<string, string>> = {
  canceled: "The run was canceled.",
  force_canceled: "The run was canceled.",
  discarded: "The run was discarded.",
  policy_soft_failed: "A policy check failed.",
};

function describeStatus(status: string): string {
  return STATUSES[status] ?? "Terraform could not plan it. See the run.";
}
