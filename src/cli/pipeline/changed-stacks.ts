import type { Command } from "commander";
import { BOOTSTRAP_STACK } from "../../config/names.js";
import { changedStacks, type StackChanges } from "../../pipeline/changed-stacks.js";
import { writeWorkflowOutput } from "../../pipeline/workflow-output.js";
import { hasStacks } from "../../terraform/synthesized-stacks.js";
import { type CommandContext, printResult } from "../context.js";
import { exitStatusHelp, jsonOption } from "../options.js";

interface ChangedStacksOptions {
  readonly base: string;
  readonly head: string;
  readonly baseLocks?: string;
  readonly headLocks?: string;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Lists the stacks whose configuration differs between two folders of synthesized stacks.")
    .requiredOption(
      "--base <folder>",
      "synthesized stacks before the change; if it has none, all stacks count as changed",
    )
    .requiredOption("--head <folder>", "synthesized stacks with the change")
    .option("--base-locks <file>", "dependency lock file before the change (default: none)")
    .option("--head-locks <file>", "dependency lock file with the change (default: none)")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
JSON: { changed, added, removed }, each a list of stack names.
Workflow outputs, as JSON: stacks (changed and added), manual-stacks (changed and added, but not reachable by the
pipelines' tokens) and removed.
${exitStatusHelp()}`,
    )
    .action((options: ChangedStacksOptions) => listChanges(options, context));
}

function listChanges(options: ChangedStacksOptions, context: CommandContext): void {
  const hasBase = hasStacks(options.base);
  const changes = changedStacks(hasBase ? { folder: options.base, lockFile: options.baseLocks } : undefined, {
    folder: options.head,
    lockFile: options.headLocks,
  });
  if (!hasBase) {
    context.warn(
      `${options.base} has no synthesized stacks: all stacks count as changed, and removed stacks are unknown.`,
    );
  }
  const all = [...changes.changed, ...changes.added].sort();
  writeWorkflowOutput(
    {
      stacks: JSON.stringify(all.filter((name) => !isManual(name))),
      "manual-stacks": JSON.stringify(all.filter(isManual)),
      removed: JSON.stringify(changes.removed),
    },
    context.env,
  );
  if (options.json || all.length + changes.removed.length > 0) {
    printResult(context, options, changes, () => asText(changes));
  }
}

/** The bootstrap stack creates the pipelines' tokens, which therefore cannot reach its workspace. */
function isManual(stack: string): boolean {
  return stack === BOOTSTRAP_STACK;
}

function asText({ changed, added, removed }: StackChanges): string {
  return [
    ...changed.map((name) => ({ name, note: "" })),
    ...added.map((name) => ({ name, note: " (added)" })),
    ...removed.map((name) => ({ name, note: " (removed)" })),
  ]
    .sort((one, other) => one.name.localeCompare(other.name))
    .map(({ name, note }) => name + note)
    .join("\n");
}
