import type { Command } from "commander";
import { count } from "../../diagnostic.js";
import { differing, driftBody, putDriftIssue } from "../../pipeline/drift-issue.js";
import { GitHub, gitHubSettings } from "../../pipeline/github.js";
import { authorOf } from "../../pipeline/pull-request-comment.js";
import { readSummaries } from "../../pipeline/summary.js";
import { UserError } from "../../user-error.js";
import { type CommandContext, printResult } from "../context.js";
import { exitStatusHelp, jsonOption } from "../options.js";
import { GITHUB_HELP, plannedStacksOption, summariesOption } from "./options.js";
import { workflowRunUrl } from "./workflow-environment.js";

interface DriftOptions {
  readonly summaries: string;
  readonly stacks: readonly string[];
  readonly author?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Opens, updates or closes the issue about stacks whose plan is not empty.")
    .addOption(summariesOption())
    .addOption(plannedStacksOption())
    .option("--author <login>", "author of the issue (default: the token's owner)")
    .option("--dry-run", "print the issue instead of writing it")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
${GITHUB_HELP}
JSON: { drifted, outcome, url }. drifted lists the stacks whose plan is not empty or failed; outcome is "opened",
"updated", "closed", "no drift" or "dry run"; url is empty without an issue. With --dry-run also body.
${exitStatusHelp("a plan is not empty or failed")}`,
    )
    .action((options: DriftOptions) => reportDrift(options, context));
}

async function reportDrift(options: DriftOptions, context: CommandContext): Promise<void> {
  const summaries = readSummaries(options.summaries, options.stacks);
  if (summaries.length === 0) {
    throw new UserError(`${options.summaries} has no summaries, so drift is unknown.`, {
      hint: "Plan each stack first, or set the stacks with --stacks.",
    });
  }
  const { env } = context;
  const runUrl = workflowRunUrl(env);
  const different = differing(summaries);
  const drifted = different.map(({ stack }) => stack);
  if (options.dryRun) {
    const body = different.length === 0 ? "" : driftBody(different, runUrl);
    const result = { drifted, outcome: "dry run", url: "", body };
    printResult(context, options, result, () => body || "No drift.");
  } else {
    const github = new GitHub(gitHubSettings(env));
    const author = options.author ?? (await authorOf(github, env));
    const { outcome, url } = await putDriftIssue(github, { summaries, author, runUrl });
    printResult(context, options, { drifted, outcome, url }, () => `Issue: ${outcome}. ${url}`.trim());
  }
  if (drifted.length > 0) {
    const names = drifted.join(", ");
    throw new UserError(`${drifted.length} of ${count(summaries.length, "stack")} differ: ${names}.`, {
      exitCode: 1,
    });
  }
}
