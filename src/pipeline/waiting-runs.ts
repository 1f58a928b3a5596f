import { z } from "zod";
import type { GitHub } from "./github.js";

const Runs = z.object({
  workflow_runs: z.array(z.object({ id: z.number(), run_number: z.number(), html_url: z.string() })),
});
type Run = z.infer<typeof Runs>["workflow_runs"][number];

export interface SupersedeProps {
  /** File name of the workflow, such as `deploy.yaml`. */
  readonly workflow: string;
  /** Number of the current run. Later runs are kept. */
  readonly run: number;
}

/** Page size. The next run cancels the rest. */
const MOST_RUNS = 100;

/**
 * Cancels earlier runs of a workflow that wait for approval.
 *
 * A job that waits for the reviewers of its environment already holds its concurrency group, so a newer run would wait
 * behind it and not be offered for approval. Cancelling a run that was approved at the same moment is harmless: it has
 * not reached its apply, and the current run includes its changes.
 *
 * @returns the URLs of the cancelled runs, the oldest first
 * @see https://docs.github.com/en/rest/actions/workflow-runs#cancel-a-workflow-run
 */
export async function cancelWaitingRuns(
  github: GitHub,
  { workflow, run: present }: SupersedeProps,
): Promise<string[]> {
  const earlier = (await waitingRuns(github, workflow)).filter(({ run_number: number }) => number < present);
  const cancelled: string[] = [];
  for (const { id, html_url: url } of earlier.sort((one, other) => one.run_number - other.run_number)) {
    if (await cancel(github, workflow, id)) cancelled.push(url);
  }
  return cancelled;
}

/** Returns whether the run was cancelled; a reviewer may have rejected it meanwhile. */
async function cancel(github: GitHub, workflow: string, id: number): Promise<boolean> {
  try {
    await github.send("POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel", "cancel an earlier run", {
      run_id: id,
    });
    return true;
  } catch (error) {
    if ((await waitingRuns(github, workflow)).some((run) => run.id === id)) throw error;
    return false;
  }
}

async function waitingRuns(github: GitHub, workflow: string): Promise<Run[]> {
  const { workflow_runs: runs } = await github.request(
    "GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs",
    "list the waiting runs",
    { workflow_id: workflow, status: "waiting", per_page: MOST_RUNS },
    Runs,
  );
  return runs;
}
