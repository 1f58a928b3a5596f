import type { Command } from "commander";
import { imageTags } from "../../pipeline/image-tag.js";
import { writeWorkflowOutput } from "../../pipeline/workflow-output.js";
import { type CommandContext, printResult } from "../context.js";
import { exitStatusHelp, jsonOption } from "../options.js";

interface ImageTagOptions {
  readonly branch?: string;
  readonly sha?: string;
  readonly runId?: string;
  readonly date?: string;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  const { GITHUB_REF_NAME, GITHUB_SHA, GITHUB_RUN_ID } = context.env;
  command
    .description(
      "Prints the tags of the two images of a build: <date>.<branch>-<sha8>-<run id>, and the same with -tools.",
    )
    .option("--branch <name>", "branch (or GITHUB_REF_NAME)", GITHUB_REF_NAME)
    .option("--sha <commit>", "full commit (or GITHUB_SHA)", GITHUB_SHA)
    .option("--run-id <number>", "id of the workflow run (or GITHUB_RUN_ID)", GITHUB_RUN_ID)
    .option("--date <day>", "day of the build, YYYY-MM-DD (default: today in UTC)")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
JSON: { tag, toolsTag }.
Workflow outputs: tag and tools-tag.
${exitStatusHelp()}`,
    )
    .action((options: ImageTagOptions) => printTags(options, context));
}

function printTags(options: ImageTagOptions, context: CommandContext): void {
  const { branch = "", sha = "", runId = "", date } = options;
  const { tag, toolsTag } = imageTags({ branch, commit: sha, runId, date: dayOf(date) });
  writeWorkflowOutput({ tag, "tools-tag": toolsTag }, context.env);
  printResult(context, options, { tag, toolsTag }, () => `${tag}\n${toolsTag}`);
}

/** Returns the day of a build; an invalid date for text of another form. */
function dayOf(date: string | undefined): Date {
  if (date === undefined) return new Date();
  return new Date(/^\d{4}-\d{2}-\d{2}$/.test(date) ? date : Number.NaN);
}
