import type { WorkflowRun } from "../../pipeline/comment-body.js";

/** Returns the number and attempt of the workflow run; outside a workflow, a number below that of any run. */
export function workflowRun(env: NodeJS.ProcessEnv): WorkflowRun {
  return { number: Number(env.GITHUB_RUN_NUMBER ?? 0), attempt: Number(env.GITHUB_RUN_ATTEMPT ?? 0) };
}

/** Returns the URL of the workflow run; undefined outside a workflow. */
export function workflowRunUrl(env: NodeJS.ProcessEnv): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = env;
  return server && repository && id ? `${server}/${repository}/actions/runs/${id}` : undefined;
}
