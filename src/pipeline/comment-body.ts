import { sizeOf } from "./markdown.js";
import { LONGEST_BODY, reportPlans } from "./plan-report.js";
import type { Summary } from "./summary.js";

/** Which run of the workflow speaks; a later one is never overwritten by an earlier. */
export interface WorkflowRun {
  /** Counts the runs of one workflow. */
  readonly number: number;
  /** Counts the attempts of one run. */
  readonly attempt: number;
}

export interface CommentProps {
  readonly summaries: readonly Summary[];
  /** Stacks that the pull request takes out of the code. */
  readonly removed: readonly string[];
  /** Stacks that it changes and that only people can plan. @default none */
  readonly byPeople?: readonly string[];
  readonly run: WorkflowRun;
  /** Full commit that was planned; undefined by hand. */
  readonly commit: string | undefined;
}

/** The comment of a pull request. */
export function commentBody({ summaries, removed, byPeople = [], run, commit }: CommentProps): string {
  const head = [marker(run), "## What this changes", ""].join("\n");
  const tail = `\n\n<sub>${foot(commit)}</sub>\n`;
  const removedLines = removed
    .map(
      (stack) =>
        `\n\n> [!WARNING]\n> \`${stack}\` is no longer in the code. What it made stays until somebody destroys it.`,
    )
    .join("");
  const notes = removedLines + byPeople.map(byPeopleNote).join("");
  const room = LONGEST_BODY - sizeOf(head + tail + notes) - SPARE;
  const nothing = byPeople.length === 0 ? "No stack's configuration changes." : "No other stack changes.";
  const plans = summaries.length === 0 ? nothing : reportPlans(summaries, room);
  return `${head}\n${plans}${notes}${tail}`;
}

function byPeopleNote(stack: string): string {
  return `\n\n> [!IMPORTANT]\n> \`${stack}\` changes, too. Pipelines cannot reach it: whoever applies it plans it first, as the runbook says.`;
}

/** For line breaks that GitHub may store as two characters. */
const SPARE = 2048;

function foot(commit: string | undefined): string {
  const planned = commit === undefined ? "" : `Planned at ${commit.slice(0, 8)}. `;
  return `${planned}Addresses and names only: values stay in Terraform Cloud, where the links lead. Nothing is applied by a plan.`;
}

function marker({ number, attempt }: WorkflowRun): string {
  return `<!-- notejam-plan run=${number} attempt=${attempt} -->`;
}

/** The run that wrote a comment; undefined when it is not one of ours. */
export function runOf(body: string): WorkflowRun | undefined {
  const found = /^<!-- notejam-plan run=(\d{1,15}) attempt=(\d{1,9}) -->/.exec(body);
  return found === null ? undefined : { number: Number(found[1]), attempt: Number(found[2]) };
}

/** Whether the first run is later than the second. */
export function isLater(one: WorkflowRun, other: WorkflowRun): boolean {
  return one.number > other.number || (one.number === other.number && one.attempt > other.attempt);
}
