import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { reasonOf } from "../../error-text.js";
import { summarize, writeSummary } from "../../pipeline/summary.js";
import { parsePlan } from "../../terraform/plan-json.js";
import { UserError } from "../../user-error.js";
import type { CommandContext } from "../context.js";
import { exitStatusHelp, jsonOption } from "../options.js";
import { stackOption } from "./options.js";
import { printPlan, SUMMARY_JSON_HELP } from "./plan-outcome.js";

interface SummarizeOptions {
  readonly plan: string;
  readonly stack: string;
  readonly out: string;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Writes the summary of a plan from the output of `terraform show -json <plan file>`.")
    .requiredOption("--plan <file>", "plan in JSON; - reads standard input")
    .addOption(stackOption())
    .requiredOption("--out <file>", "file for the summary")
    .addOption(jsonOption())
    .addHelpText("after", `\n${SUMMARY_JSON_HELP}\n${exitStatusHelp("the plan has errors")}`)
    .action((options: SummarizeOptions) => summarizeFile(options, context));
}

function summarizeFile(options: SummarizeOptions, context: CommandContext): void {
  const source = options.plan === "-" ? "Standard input" : options.plan;
  const summary = summarize(options.stack, parsePlan(readInput(options.plan), source));
  writeSummary(options.out, summary);
  printPlan(context, options, summary);
}

function readInput(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new UserError(`The plan cannot be read: ${reasonOf(error)}.`, {
      hint: "Set the file with --plan.",
      cause: error,
    });
  }
}
