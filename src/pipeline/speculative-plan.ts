import { initCloudStack, noRunError, runCloudCommand } from "../terraform/cloud-run.js";
import { diagnosticLine, redactedDiagnostics } from "../terraform/diagnostics.js";
import { type CloudRun, HcpClient, terraformToken } from "../terraform/hcp-client.js";
import { parsePlan } from "../terraform/plan-json.js";
import { cloudWorkspaceOf, type SynthesizedStack } from "../terraform/synthesized-stacks.js";
import { PipelineProblem } from "./problem.js";
import { type Summary, summarize, summarizeCounts, summarizeFailure } from "./summary.js";

export interface SpeculativePlanProps {
  readonly stack: SynthesizedStack;
  /** @default this process's own */
  readonly env?: NodeJS.ProcessEnv;
  /** Told where the run can be watched, as soon as there is one. */
  readonly onRun?: (url: string) => void;
  /**
   * Milliseconds that a second of waiting lasts.
   * @default 1000
   */
  readonly second?: number;
}

/**
 * Plans a stack in Terraform Cloud without any chance to apply it, and says what it would do.
 *
 * Terraform's own output is read and never passed on: it holds values that nobody marked as sensitive.
 *
 * @throws PipelineProblem when the run could not be started or read; a plan with errors is a summary that says so
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
  return summarizeFailure(stack.name, "failed", errors.length > 0 ? errors : [wordsFor(status)], run.url);
}

async function planned(
  stack: string,
  cloud: HcpClient,
  { id, url }: { readonly id: string; readonly url: string },
): Promise<Summary> {
  const run = await cloud.run(id);
  const json = await cloud.planJson(run.planId);
  if (json !== undefined) return summarize(stack, parsePlan(json, `The plan of ${stack}`), url);
  return summarizeCounts(stack, countsThatMustBe(stack, run), url);
}

function countsThatMustBe(stack: string, { counts, status }: CloudRun) {
  if (counts !== undefined) return counts;
  throw new PipelineProblem(
    `The run of ${stack} ended (${status}), but Terraform Cloud says neither what it plans nor how much.`,
    "Look at the run, and start it again.",
  );
}

const WORDS: Readonly<Record<string, string>> = {
  canceled: "The run was canceled.",
  force_canceled: "The run was canceled.",
  discarded: "The run was discarded.",
  policy_soft_failed: "A policy refused it.",
};

function wordsFor(status: string): string {
  return WORDS[status] ?? "Terraform could not plan it; the run says why.";
}
