import { changesNothing, type Summary } from "../../pipeline/summary.js";
import { UserError } from "../../user-error.js";
import { type CommandContext, printResult } from "../context.js";

/**
 * Prints the result of a plan: the summary for `--json`, else one line.
 *
 * @throws UserError with exit status 1 for a plan that failed
 */
export function printPlan(
  context: CommandContext,
  options: { readonly json?: boolean },
  summary: Summary,
): void {
  const { stack, status, errors } = summary;
  if (options.json || status === "planned") printResult(context, options, summary, () => asText(summary));
  if (status !== "planned") {
    throw new UserError(`${stack} could not be planned: ${errors.join(" ")}`, { exitCode: 1 });
  }
}

function asText(summary: Summary): string {
  const { stack, counts } = summary;
  if (changesNothing(summary)) return `${stack}: no changes`;
  const replaced = counts.replace > 0 ? ` (${counts.replace} replaced)` : "";
  return `${stack}: ${counts.add} to add, ${counts.change} to change, ${counts.destroy} to destroy${replaced}`;
}

/** Help about the JSON of a summary. */
export const SUMMARY_JSON_HELP =
  "JSON: the summary, as in --out: stack, status, url, counts, resources, outputs and errors, without any values.";
