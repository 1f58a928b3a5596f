import { z } from "zod";
import type { GitHub } from "./github.js";

const Runs = z.object({
  workflow_runs: z.array(z.object({ id: z.number(), run_number: z.number(), html_url: z.string() })),
});
type Run = z.infer<typeof Runs>["workflow_runs"][number];

export interface SupersedeProps {
  /** Its file's name, such as `deploy.yaml`. */
  readonly workflow: string;
  /** Number of the present run; later ones are left alone. */
  readonly run: number;
}

/** A page holds them all: whoever comes next finds what is left. */
const MOST_RUNS = 100;

/**
 * Cancels the earlier runs of a workflow that wait for an approval.
 *
 * A job that waits for the reviewers of its environment holds its concurrency group already: nobody would be asked about a newer
 * run, which waits behind it. A run that was approved in this very moment loses nothing: before its apply it is still installing,
 * and the present run holds all that it has.
 *
 * @returns where the cancelled runs can be seen, the oldest first
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

/** Says whether it was cancelled; somebody may have rejected it meanwhile. */
async function cancel(github: GitHub, workflow: string, id: number): Promise<boolean> {
  try {
    await github.send("POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel", "cancel an older run", {
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
    "read which runs wait",
    { workflow_id: workflow, status: "waiting", per_page: MOST_RUNS },
    Runs,
  );
  return runs;
}
