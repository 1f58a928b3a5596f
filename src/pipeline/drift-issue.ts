import { z } from "zod";
import type { GitHub } from "./github.js";
import { link, sizeOf } from "./markdown.js";
import { LONGEST_BODY, reportPlans } from "./plan-report.js";
import { changesNothing, type Summary } from "./summary.js";

const Issue = z.object({
  number: z.number(),
  body: z.string().nullish(),
  html_url: z.string().default(""),
  user: z.object({ login: z.string() }).nullish(),
  pull_request: z.unknown().optional(),
});

/** Result of updating the issue. */
export interface DriftOutcome {
  readonly outcome: "opened" | "updated" | "closed" | "no drift";
  /** URL of the issue; empty without one. */
  readonly url: string;
}

export interface DriftProps {
  /** A summary of each stack. */
  readonly summaries: readonly Summary[];
  /** Login of the author; issues of other authors are ignored. */
  readonly author: string;
  /** URL of the workflow run; undefined outside a workflow. */
  readonly runUrl: string | undefined;
}

const MARKER = "<!-- notejam-drift -->";
const TITLE = "Infrastructure drift";
const LABEL = "drift";
const ISSUES = "/repos/{owner}/{repo}/issues";

/** Returns the plans that are not empty or failed. */
export function differing(summaries: readonly Summary[]): Summary[] {
  return summaries.filter((summary) => !changesNothing(summary));
}

/** Keeps one issue open while a stack differs from the code, and closes it afterwards. */
export async function putDriftIssue(github: GitHub, props: DriftProps): Promise<DriftOutcome> {
  const [open, ...others] = await openIssues(github, props.author);
  const different = differing(props.summaries);
  if (different.length > 0) {
    const body = driftBody(different, props.runUrl);
    for (const { number } of others) await close(github, number, `Continued in #${open?.number}.`);
    if (open === undefined) {
      const issue = { title: TITLE, body, labels: [LABEL] };
      const made = await github.request(`POST ${ISSUES}`, "open the issue", issue, Issue);
      return { outcome: "opened", url: made.html_url };
    }
    await github.send(`PATCH ${ISSUES}/{issue_number}`, "update the issue", {
      issue_number: open.number,
      body,
    });
    return { outcome: "updated", url: open.html_url };
  }
  if (open === undefined) return { outcome: "no drift", url: "" };
  const seenBy = props.runUrl === undefined ? "" : ` ${link("Workflow run", props.runUrl)}.`;
  for (const { number } of [open, ...others]) {
    await close(github, number, `All stacks match the code again.${seenBy}`);
  }
  return { outcome: "closed", url: open.html_url };
}

/** Returns the issue as Markdown. */
export function driftBody(different: readonly Summary[], runUrl: string | undefined): string {
  const head = [
    MARKER,
    "The nightly plan of these stacks is not empty or failed: a resource was changed by hand, or a merged change was not",
    "applied. Apply the code, or add the manual change to the code. This issue is updated every night, and closed when all",
    "stacks match the code.",
    "",
    "",
  ].join("\n");
  const tail = runUrl === undefined ? "" : `\n\n${link("Workflow run", runUrl)}`;
  return head + reportPlans(different, LONGEST_BODY - sizeOf(head + tail) - SPARE) + tail;
}

const SPARE = 2048;

async function openIssues(github: GitHub, author: string) {
  const found = await github.list(
    `GET ${ISSUES}`,
    "read the issues",
    { state: "open", labels: LABEL },
    Issue,
  );
  return found
    .filter(
      ({ body, user, pull_request: pullRequest }) =>
        body?.startsWith(MARKER) && user?.login === author && pullRequest === undefined,
    )
    .sort((one, other) => one.number - other.number);
}

async function close(github: GitHub, number: number, comment: string): Promise<void> {
  await github.send(`POST ${ISSUES}/{issue_number}/comments`, "comment on the issue", {
    issue_number: number,
    body: comment,
  });
  await github.send(`PATCH ${ISSUES}/{issue_number}`, "close the issue", {
    issue_number: number,
    state: "closed",
    state_reason: "completed",
  });
}
