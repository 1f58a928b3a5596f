import { type Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { commentBody, type WorkflowRun } from "./comment-body.js";
import { differing, driftBody, putDriftIssue } from "./drift-issue.js";
import { NOT_SO } from "./exit-status.js";
import { GitHub, gitHubSettings } from "./github.js";
import type { Session } from "./pipeline-context.js";
import { PipelineProblem } from "./problem.js";
import { authorOf, putComment } from "./pull-request-comment.js";
import { readSummaries, type Summary } from "./summary.js";
import { cancelWaitingRuns, type SupersedeProps } from "./waiting-runs.js";

/** What people read of plans on GitHub. */
export function addReporting(command: Command, session: Session): void {
  command
    .command("comment")
    .description("Makes the one comment of a pull request from its summaries, or brings it up to date.")
    .requiredOption("--summaries <folder>", "where the summaries lie, also in folders of it")
    .option("--pull-request <number>", "whose comment", positiveInteger)
    .option(
      "--stacks <json>",
      "stacks that were to be planned: one without a summary counts as failed",
      stackNames,
      [],
    )
    .option("--removed <json>", "stacks that are no longer in the code", stackNames, [])
    .option("--by-people <json>", "stacks that change, too, and that pipelines cannot plan", stackNames, [])
    .option("--commit <sha>", "the commit that was planned", session.env.GITHUB_SHA)
    .option("--author <login>", "whose comment it is (default: the token's owner)")
    .option("--dry-run", "print the comment, and write none")
    .addHelpText("after", "\nNeeds GITHUB_TOKEN and GITHUB_REPOSITORY; GITHUB_API_URL names another GitHub.")
    .action((options: CommentOptions) => comment(session, options));
  command
    .command("drift")
    .description("Opens, updates or closes the one issue about stacks that differ from the code.")
    .requiredOption("--summaries <folder>", "where the summaries lie, one of every stack")
    .option(
      "--stacks <json>",
      "stacks that were to be planned: one without a summary counts as failed",
      stackNames,
      [],
    )
    .option("--author <login>", "whose issue it is (default: the token's owner)")
    .option("--dry-run", "print the issue, and write none")
    .addHelpText("after", "\nNeeds GITHUB_TOKEN and GITHUB_REPOSITORY. Ends with 1 when something differs.")
    .action((options: DriftOptions) => drift(session, options));
  command
    .command("supersede")
    .description(
      "Cancels earlier runs of a workflow that wait for an approval: they would keep a newer one from being asked for.",
    )
    .requiredOption("--workflow <file>", "such as deploy.yaml")
    .requiredOption(
      "--run <number>",
      "the run that stays, and those after it (default: GITHUB_RUN_NUMBER)",
      positiveInteger,
      presentRun(session.env),
    )
    .addHelpText("after", "\nNeeds GITHUB_TOKEN, which may write actions, and GITHUB_REPOSITORY.")
    .action((options: SupersedeProps) => supersede(session, options));
}

interface CommentOptions {
  readonly summaries: string;
  readonly pullRequest?: number;
  readonly stacks: readonly string[];
  readonly removed: readonly string[];
  readonly byPeople: readonly string[];
  readonly commit?: string;
  readonly author?: string;
  readonly dryRun?: boolean;
}

async function comment(session: Session, options: CommentOptions): Promise<void> {
  const summaries = readSummaries(options.summaries, options.stacks);
  const run = workflowRun(session.env);
  const body = commentBody({ ...options, summaries, run, commit: options.commit });
  if (options.dryRun) {
    session.print(body);
  } else {
    const pullRequest = options.pullRequest;
    if (pullRequest === undefined) {
      throw new PipelineProblem(
        "It is not said whose comment it is.",
        "Name the pull request with --pull-request.",
      );
    }
    const github = new GitHub(gitHubSettings(session.env));
    const author = options.author ?? (await authorOf(github, session.env));
    const worthMaking = [summaries, options.removed, options.byPeople].some(({ length }) => length > 0);
    const { did, url } = await putComment(github, { pullRequest, body, run, author, worthMaking });
    session.print(`The comment: ${did}. ${url}`.trim());
  }
  failIfUnplanned(session, summaries);
}

function failIfUnplanned(session: Session, summaries: readonly Summary[]): void {
  const failed = summaries.filter(({ status }) => status !== "planned").map(({ stack }) => stack);
  if (failed.length === 0) return;
  session.status = NOT_SO;
  session.complain(`Without a plan: ${failed.join(", ")}.`);
}

interface DriftOptions {
  readonly summaries: string;
  readonly stacks: readonly string[];
  readonly author?: string;
  readonly dryRun?: boolean;
}

async function drift(session: Session, options: DriftOptions): Promise<void> {
  const summaries = readSummaries(options.summaries, options.stacks);
  if (summaries.length === 0) {
    throw new PipelineProblem(
      `${options.summaries} holds no summary, so nothing is known about drift.`,
      "Plan every stack first, or name the stacks with --stacks.",
    );
  }
  const different = differing(summaries);
  if (options.dryRun) {
    session.print(different.length === 0 ? "Nothing differs." : driftBody(different, runUrl(session.env)));
  } else {
    const github = new GitHub(gitHubSettings(session.env));
    const author = options.author ?? (await authorOf(github, session.env));
    const { did, url } = await putDriftIssue(github, { summaries, author, runUrl: runUrl(session.env) });
    session.print(`The issue: ${did}. ${url}`.trim());
  }
  if (different.length > 0) session.status = NOT_SO;
}

async function supersede(session: Session, options: SupersedeProps): Promise<void> {
  const cancelled = await cancelWaitingRuns(new GitHub(gitHubSettings(session.env)), options);
  for (const url of cancelled) session.print(`Cancelled, for this run holds all of it: ${url}`);
  if (cancelled.length === 0) session.print("No earlier run waits for an approval.");
}

function presentRun({ GITHUB_RUN_NUMBER: number }: NodeJS.ProcessEnv): number | undefined {
  return number !== undefined && /^[1-9]\d{0,9}$/.test(number) ? Number(number) : undefined;
}

/** The present run of the workflow; by hand it is earlier than any. */
function workflowRun(env: NodeJS.ProcessEnv): WorkflowRun {
  return { number: Number(env.GITHUB_RUN_NUMBER ?? 0), attempt: Number(env.GITHUB_RUN_ATTEMPT ?? 0) };
}

function runUrl(env: NodeJS.ProcessEnv): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = env;
  return server && repository && id ? `${server}/${repository}/actions/runs/${id}` : undefined;
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1.");
  return Number(text);
}

function stackNames(text: string): string[] {
  try {
    return z.array(z.string().regex(/^[a-z0-9][a-z0-9-]{0,89}$/)).parse(JSON.parse(text));
  } catch {
    throw new InvalidArgumentError('It must be a JSON list of stacks\' names, such as ["notejam-dev"].');
  }
}
