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

/** What became of the issue. */
export interface DriftOutcome {
  readonly did: "opened" | "updated" | "closed" | "nothing differs";
  /** Where the issue can be read; empty when there is none. */
  readonly url: string;
}

export interface DriftProps {
  /** One of every stack. */
  readonly summaries: readonly Summary[];
  readonly author: string;
  /** The run that looked; undefined by hand. */
  readonly runUrl: string | undefined;
}

const MARKER = "<!-- notejam-drift -->";
const TITLE = "What stands differs from the code";
const LABEL = "drift";
const ISSUES = "/repos/{owner}/{repo}/issues";

/** The plans that would change something, or that failed: nobody knows what those would do. */
export function differing(summaries: readonly Summary[]): Summary[] {
  return summaries.filter((summary) => !changesNothing(summary));
}

/** Keeps one issue open as long as something differs, and closes it afterwards. */
export async function putDriftIssue(github: GitHub, props: DriftProps): Promise<DriftOutcome> {
  const [open, ...others] = await openIssues(github, props.author);
  const different = differing(props.summaries);
  if (different.length > 0) {
    const body = driftBody(different, props.runUrl);
    for (const { number } of others) await close(github, number, `Continued in #${open?.number}.`);
    if (open === undefined) {
      const issue = { title: TITLE, body, labels: [LABEL] };
      const made = await github.request(`POST ${ISSUES}`, "open the issue", issue, Issue);
      return { did: "opened", url: made.html_url };
    }
    await github.send(`PATCH ${ISSUES}/{issue_number}`, "update the issue", {
      issue_number: open.number,
      body,
    });
    return { did: "updated", url: open.html_url };
  }
  if (open === undefined) return { did: "nothing differs", url: "" };
  const seen = props.runUrl === undefined ? "" : ` ${link("The run that looked", props.runUrl)}.`;
  for (const { number } of [open, ...others]) {
    await close(github, number, `Nothing differs any more.${seen}`);
  }
  return { did: "closed", url: open.html_url };
}

/** The issue as text. */
export function driftBody(different: readonly Summary[], runUrl: string | undefined): string {
  const head = [
    MARKER,
    "The nightly plan of these stacks is not empty: somebody changed something by hand, a merged change was not applied, or a",
    "plan failed. Apply the code, or put into the code what was done by hand. This issue is updated every night, and closed",
    "when nothing differs.",
    "",
    "",
  ].join("\n");
  const tail = runUrl === undefined ? "" : `\n\n${link("The run that looked", runUrl)}`;
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
  await github.send(`POST ${ISSUES}/{issue_number}/comments`, "say why the issue is closed", {
    issue_number: number,
    body: comment,
  });
  await github.send(`PATCH ${ISSUES}/{issue_number}`, "close the issue", {
    issue_number: number,
    state: "closed",
    state_reason: "completed",
  });
}
