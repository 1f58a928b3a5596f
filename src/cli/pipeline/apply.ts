import type { Command } from "commander";
import { describeUnlocked, writeStackLocks } from "../../pipeline/provider-locks.js";
import { applyStack } from "../../pipeline/stack-apply.js";
import { readStack } from "../../terraform/synthesized-stacks.js";
import { UserError } from "../../user-error.js";
import { type CommandContext, printResult } from "../context.js";
import { appOption, exitStatusHelp, jsonOption } from "../options.js";
import { locksOption, stackOption, TERRAFORM_TOKEN_HELP } from "./options.js";

interface ApplyOptions {
  readonly stack: string;
  readonly app: string;
  readonly locks: string;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Applies a stack in HCP Terraform without approval, and prints the outcome without any values.",
    )
    .addOption(stackOption())
    .addOption(appOption())
    .addOption(locksOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
${TERRAFORM_TOKEN_HELP}
JSON: { stack, applied, errors }. applied is Terraform's count of changed resources, or null; errors is a list.
${exitStatusHelp("the apply failed")}`,
    )
    .action((options: ApplyOptions) => apply(options, context));
}

async function apply(options: ApplyOptions, context: CommandContext): Promise<void> {
  const stack = readStack(options.app, options.stack);
  const unlocked = writeStackLocks(stack, options.locks);
  if (unlocked.length > 0) context.warn(describeUnlocked(stack.name, unlocked));
  const printProgress = options.json ? context.warn : context.print;
  const outcome = await applyStack({
    stack,
    env: context.env,
    onRun: (url) => printProgress(`${stack.name}: applying at ${url}`),
  });
  const applied = "done" in outcome ? outcome.done : null;
  const errors = "errors" in outcome ? outcome.errors : [];
  if (options.json || applied !== null) {
    printResult(context, options, { stack: stack.name, applied, errors }, () => `${stack.name}: ${applied}`);
  }
  if (applied === null) {
    throw new UserError(`${stack.name} could not be applied: ${errors.join(" ")}`, { exitCode: 1 });
  }
}
