import type { Command } from "commander";
import { describeUnlocked, writeStackLocks } from "../../pipeline/provider-locks.js";
import { speculativePlan } from "../../pipeline/speculative-plan.js";
import { type Summary, summarizeFailure, writeSummary } from "../../pipeline/summary.js";
import { readStack, type SynthesizedStack } from "../../terraform/synthesized-stacks.js";
import { UserError } from "../../user-error.js";
import type { CommandContext } from "../context.js";
import { appOption, exitStatusHelp, jsonOption } from "../options.js";
import { locksOption, stackOption, TERRAFORM_TOKEN_HELP } from "./options.js";
import { printPlan, SUMMARY_JSON_HELP } from "./plan-outcome.js";

interface PlanOptions {
  readonly stack: string;
  readonly out: string;
  readonly app: string;
  readonly locks: string;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Plans a stack in HCP Terraform with a run that cannot be applied, and writes a summary.")
    .addOption(stackOption())
    .requiredOption("--out <file>", "file for the summary")
    .addOption(appOption())
    .addOption(locksOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `\n${TERRAFORM_TOKEN_HELP}\n${SUMMARY_JSON_HELP}\n${exitStatusHelp("the plan has errors")}`,
    )
    .action((options: PlanOptions) => plan(options, context));
}

async function plan(options: PlanOptions, context: CommandContext): Promise<void> {
  const stack = readStack(options.app, options.stack);
  const summary = await planWithSummary(stack, options, context);
  printPlan(context, options, summary);
}

/** Plans a stack. Errors are also in the summary, so that the comment on the pull request shows them. */
async function planWithSummary(
  stack: SynthesizedStack,
  { out, locks, json }: PlanOptions,
  { env, print, warn }: CommandContext,
): Promise<Summary> {
  const printProgress = json ? warn : print;
  try {
    const unlocked = writeStackLocks(stack, locks);
    if (unlocked.length > 0) warn(describeUnlocked(stack.name, unlocked));
    const summary = await speculativePlan({
      stack,
      env,
      onRun: (url) => printProgress(`${stack.name}: planning at ${url}`),
    });
    writeSummary(out, summary);
    return summary;
  } catch (error) {
    if (error instanceof UserError) {
      writeSummary(out, summarizeFailure(stack.name, "missing", [error.message]));
    }
    throw error;
  }
}
