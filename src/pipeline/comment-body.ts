import { sizeOf } from "./markdown.js";
import { LONGEST_BODY, reportPlans } from "./plan-report.js";
import type { Summary } from "./summary.js";

/** Run of the workflow that writes a comment. An earlier run never overwrites the comment of a later one. */
export interface WorkflowRun {
  /** Number of the run, counted per workflow. */
  readonly number: number;
  /** Attempt, counted per run. */
  readonly attempt: number;
}

export interface CommentProps {
  readonly summaries: readonly Summary[];
  /** Stacks that the pull request removes from the code. */
  readonly removed: readonly string[];
  /** Changed stacks that pipelines cannot plan. @default none */
  readonly manualStacks?: readonly string[];
  readonly run: WorkflowRun;
  /** Full SHA of the planned commit; undefined outside a workflow. */
  readonly commit: string | undefined;
}

/** Returns the comment of a pull request as Markdown. */
export function commentBody({ summaries, removed, manualStacks = [], run, commit }: CommentProps): string {
  const head = [marker(run), "## Plans", ""].join("\n");
  const tail = `\n\n<sub>${foot(commit)}</sub>\n`;
  const removedLines = removed
    .map(
      (stack) =>
        `\n\n> [!WARNING]\n> \`${stack}\` is no longer in the code. Its resources remain until they are destroyed.`,
    )
    .join("");
  const notes = removedLines + manualStacks.map(manualNote).join("");
  const room = LONGEST_BODY - sizeOf(head + tail + notes) - SPARE;
  const nothing = manualStacks.length === 0 ? "No changes." : "No other stack changes.";
  const plans = summaries.length === 0 ? nothing : reportPlans(summaries, room);
  return `${head}\n${plans}${notes}${tail}`;
}

function manualNote(stack: string): string {
  return `\n\n> [!IMPORTANT]\n> \`${stack}\` changes, too. Pipelines cannot reach it: plan and apply it by hand, as the runbook describes.`;
}

/** Spare bytes: GitHub may store a line break as two characters. */
const SPARE = 2048;

function foot(commit: string | undefined): string {
  const planned = commit === undefined ? "" : `Planned at ${commit.slice(0, 8)}. `;
  return `${planned}This comment has addresses and names only. The links lead to the plans with values in HCP Terraform.`;
}

function marker({ number, attempt }: WorkflowRun): string {
  return `<!-- notejam-plan run=${number} attempt=${attempt} -->`;
}

/** Returns the run that wrote a comment; undefined for comments of other authors. */
export function runOf(body: string): WorkflowRun | undefined {
  const found = /^<!-- notejam-plan run=(\d{1,15}) attempt=(\d{1,9}) -->/.exec(body);
  return found === null ? undefined : { number: Number(found[1]), attempt: Number(found[2]) };
}

/** Returns whether the first run is later than the second. */
export function isLater(one: WorkflowRun, other: WorkflowRun): boolean {
  return one.number > other.number || (one.number === other.number && one.attempt > other.attempt);
}
