import type { Command } from "commander";
import { commentBody } from "../../pipeline/comment-body.js";
import { GitHub, gitHubSettings } from "../../pipeline/github.js";
import { authorOf, type CommentOutcome, putComment } from "../../pipeline/pull-request-comment.js";
import { readSummaries, type Summary } from "../../pipeline/summary.js";
import { UserError } from "../../user-error.js";
import { type CommandContext, printResult } from "../context.js";
import { exitStatusHelp, jsonOption, wholeNumber } from "../options.js";
import { GITHUB_HELP, plannedStacksOption, stackNamesOption, summariesOption } from "./options.js";
import { workflowRun } from "./workflow-environment.js";

interface CommentOptions {
  readonly summaries: string;
  readonly pullRequest?: number;
  readonly stacks: readonly string[];
  readonly removed: readonly string[];
  readonly manualStacks: readonly string[];
  readonly commit?: string;
  readonly author?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Creates or updates the comment of a pull request about the plans of its stacks.")
    .addOption(summariesOption())
    .option("--pull-request <number>", "pull request; not needed with --dry-run", wholeNumber(1))
    .addOption(plannedStacksOption())
    .addOption(stackNamesOption("--removed <json>", "stacks that the pull request removes from the code"))
    .addOption(stackNamesOption("--manual-stacks <json>", "changed stacks that pipelines cannot plan"))
    .option("--commit <sha>", "planned commit (or GITHUB_SHA)", context.env.GITHUB_SHA)
    .option("--author <login>", "author of the comment (default: the token's owner)")
    .option("--dry-run", "print the comment instead of writing it")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
${GITHUB_HELP}
JSON: { outcome, url, unplanned }. outcome is "created", "updated", "left to a later run", "not needed" or "dry run";
url is empty without a comment; unplanned lists the stacks without a plan. With --dry-run also body.
${exitStatusHelp("a stack has no plan")}`,
    )
    .action((options: CommentOptions) => writeComment(options, context));
}

async function writeComment(options: CommentOptions, context: CommandContext): Promise<void> {
  const summaries = readSummaries(options.summaries, options.stacks);
  const unplanned = summaries.filter(({ status }) => status !== "planned").map(({ stack }) => stack);
  const body = commentBody({
    ...options,
    summaries,
    run: workflowRun(context.env),
    commit: options.commit,
  });
  if (options.dryRun) {
    const result = { outcome: "dry run", url: "", unplanned, body };
    printResult(context, options, result, () => body);
  } else {
    const { outcome, url } = await put(body, summaries, options, context.env);
    printResult(context, options, { outcome, url, unplanned }, () => `Comment: ${outcome}. ${url}`.trim());
  }
  if (unplanned.length > 0) throw new UserError(`Without a plan: ${unplanned.join(", ")}.`, { exitCode: 1 });
}

async function put(
  body: string,
  summaries: readonly Summary[],
  { pullRequest, author, removed, manualStacks }: CommentOptions,
  env: NodeJS.ProcessEnv,
): Promise<CommentOutcome> {
  if (pullRequest === undefined) {
    throw new UserError("The pull request is not set.", { hint: "Set it with --pull-request." });
  }
  const github = new GitHub(gitHubSettings(env));
  return putComment(github, {
    pullRequest,
    body,
    run: workflowRun(env),
    author: author ?? (await authorOf(github, env)),
    isNeeded: [summaries, removed, manualStacks].some(({ length }) => length > 0),
  });
}
