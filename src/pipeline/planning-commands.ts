import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { BOOTSTRAP_STACK } from "../config/names.js";
import { parsePlan } from "../terraform/plan-json.js";
import { readStack } from "../terraform/synthesized-stacks.js";
import { UserError } from "../user-error.js";
import { changedStacks } from "./changed-stacks.js";
import { NOT_SO } from "./exit-status.js";
import type { Session } from "./pipeline-context.js";
import { PipelineProblem, reasonOf } from "./problem.js";
import { describeUnlocked, LOCK_FILE, writeStackLocks } from "./provider-locks.js";
import { speculativePlan } from "./speculative-plan.js";
import { changesNothing, type Summary, summarize, summarizeFailure, writeSummary } from "./summary.js";
import { writeWorkflowOutput } from "./workflow-output.js";

/** What is changed, and what that would do. */
export function addPlanning(command: Command, session: Session): void {
  command
    .command("changed-stacks")
    .description("Names the stacks whose configuration differs between two synthesized outputs.")
    .requiredOption("--base <folder>", "what was synthesized before the change")
    .requiredOption("--head <folder>", "what was synthesized with it")
    .option("--base-locks <file>", "dependency lock file before the change (default: none)")
    .option("--head-locks <file>", "dependency lock file with the change (default: none)")
    .option("--json", "print one JSON object: changed, added, removed")
    .addHelpText(
      "after",
      "\nWrites stacks (changed and added), by-people (those of them that pipelines cannot plan) and removed to GITHUB_OUTPUT, as JSON.",
    )
    .action((options: ChangedStacksOptions) => showChanges(session, options));
  command
    .command("plan")
    .description(
      "Plans a stack in Terraform Cloud, where nothing can be applied by it, and writes a summary.",
    )
    .requiredOption("--stack <name>", "such as notejam-dev")
    .requiredOption("--out <file>", "where the summary goes")
    .option("--app <folder>", "what was synthesized", "cdktf.out")
    .option("--locks <file>", "dependency lock file", LOCK_FILE)
    .addHelpText(
      "after",
      "\nThe token comes from TF_TOKEN_app_terraform_io (or the host's own), else from `terraform login`.",
    )
    .action((options: PlanOptions) => plan(session, options));
  command
    .command("summarize")
    .description("Writes the same summary from the output of `terraform show -json <plan file>`.")
    .requiredOption("--plan <file>", "the plan in JSON; - for the standard input")
    .requiredOption("--stack <name>", "such as notejam-dev")
    .requiredOption("--out <file>", "where the summary goes")
    .action((options: { plan: string; stack: string; out: string }) => summarizeFile(session, options));
}

interface ChangedStacksOptions {
  readonly base: string;
  readonly head: string;
  readonly baseLocks?: string;
  readonly headLocks?: string;
  readonly json?: boolean;
}

function showChanges(session: Session, options: ChangedStacksOptions): void {
  const changes = changedStacks(
    { folder: options.base, lockFile: options.baseLocks },
    { folder: options.head, lockFile: options.headLocks },
  );
  const all = [...changes.changed, ...changes.added].sort();
  const [byPeople, toPlan] = [all.filter(isForPeople), all.filter((name) => !isForPeople(name))];
  writeWorkflowOutput(
    {
      stacks: JSON.stringify(toPlan),
      "by-people": JSON.stringify(byPeople),
      removed: JSON.stringify(changes.removed),
    },
    session.env,
  );
  if (options.json) {
    session.print(JSON.stringify(changes));
    return;
  }
  const notes = [
    ...changes.changed.map((name) => ({ name, note: "" })),
    ...changes.added.map((name) => ({ name, note: " (added)" })),
    ...changes.removed.map((name) => ({ name, note: " (removed)" })),
  ].sort((one, other) => one.name.localeCompare(other.name));
  for (const { name, note } of notes) session.print(name + note);
}

/** The pipelines' tokens do not reach the workspace that makes them. */
function isForPeople(stack: string): boolean {
  return stack === BOOTSTRAP_STACK;
}

interface PlanOptions {
  readonly stack: string;
  readonly out: string;
  readonly app: string;
  readonly locks: string;
}

async function plan(session: Session, { stack: name, out, app, locks }: PlanOptions): Promise<void> {
  const stack = readStack(app, name);
  try {
    const unlocked = writeStackLocks(stack, locks);
    if (unlocked.length > 0) session.complain(describeUnlocked(name, unlocked));
    const summary = await speculativePlan({
      stack,
      env: session.env,
      onRun: (url) => session.print(`${name} is planned at ${url}`),
    });
    writeSummary(out, summary);
    finish(session, summary);
  } catch (error) {
    // The comment should say why there is no plan.
    if (error instanceof UserError) writeSummary(out, summarizeFailure(name, "missing", [error.message]));
    throw error;
  }
}

function summarizeFile(session: Session, options: { plan: string; stack: string; out: string }): void {
  const from = options.plan === "-" ? "The standard input" : options.plan;
  const summary = summarize(options.stack, parsePlan(readInput(options.plan), from));
  writeSummary(options.out, summary);
  finish(session, summary);
}

/** Says in a line what a plan would do; the exit status tells whether it failed. */
function finish(session: Session, summary: Summary): void {
  const { stack, status, counts, errors } = summary;
  if (status !== "planned") {
    session.status = NOT_SO;
    session.complain(`${stack} could not be planned: ${errors.join(" ")}`);
  } else if (changesNothing(summary)) {
    session.print(`${stack}: no changes`);
  } else {
    const replaced = counts.replace > 0 ? ` (${counts.replace} replaced)` : "";
    session.print(
      `${stack}: ${counts.add} to add, ${counts.change} to change, ${counts.destroy} to destroy${replaced}`,
    );
  }
}

function readInput(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new PipelineProblem(`The plan cannot be read: ${reasonOf(error)}.`, "Name the file with --plan.");
  }
}
