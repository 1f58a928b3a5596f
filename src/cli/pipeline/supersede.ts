import type { Command } from "commander";
import { GitHub, gitHubSettings } from "../../pipeline/github.js";
import { cancelWaitingRuns } from "../../pipeline/waiting-runs.js";
import { type CommandContext, printResult } from "../context.js";
import { exitStatusHelp, jsonOption, wholeNumber } from "../options.js";

interface SupersedeOptions {
  readonly workflow: string;
  readonly run: number;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Cancels earlier runs of a workflow that wait for approval. They would block the approval of a newer run.",
    )
    .requiredOption("--workflow <file>", "workflow, such as deploy.yaml")
    .requiredOption(
      "--run <number>",
      "run to keep, with all later ones (or GITHUB_RUN_NUMBER)",
      wholeNumber(1),
      presentRun(context.env),
    )
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Needs GITHUB_TOKEN with write permission for actions, and GITHUB_REPOSITORY.
JSON: { cancelled }, a list of the URLs of runs.
${exitStatusHelp()}`,
    )
    .action((options: SupersedeOptions) => cancelEarlierRuns(options, context));
}

async function cancelEarlierRuns(options: SupersedeOptions, context: CommandContext): Promise<void> {
  const cancelled = await cancelWaitingRuns(new GitHub(gitHubSettings(context.env)), options);
  printResult(context, options, { cancelled }, () =>
    cancelled.length === 0
      ? "No earlier run waits for approval."
      : cancelled.map((url) => `Cancelled, because this run includes its changes: ${url}`).join("\n"),
  );
}

function presentRun({ GITHUB_RUN_NUMBER: number }: NodeJS.ProcessEnv): number | undefined {
  return number !== undefined && /^[1-9]\d{0,9}$/.test(number) ? Number(number) : undefined;
}
