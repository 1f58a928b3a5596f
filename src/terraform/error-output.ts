import { oneLine } from "../pipeline/problem.js";

/**
 * What Terraform itself calls errors. These words are always the same; what a provider says may quote the value of an
 * attribute, so that only its place is told.
 */
const WORDS_OF_TERRAFORM: ReadonlySet<string> = new Set([
  "Cycle",
  "Error acquiring the state lock",
  "Ephemeral value not allowed",
  "Inconsistent dependency lock file",
  "Instance cannot be destroyed",
  "Invalid count argument",
  "Invalid for_each argument",
  "Invalid function argument",
  "Invalid index",
  "Invalid reference",
  "Invalid value for variable",
  "Missing required argument",
  "No value for required variable",
  "Provider configuration not present",
  "Provider produced inconsistent final plan",
  "Provider produced invalid plan",
  "Reference to undeclared input variable",
  "Reference to undeclared resource",
  "Resource postcondition failed",
  "Resource precondition failed",
  "Unable to find remote state",
  "Unsupported argument",
  "Unsupported attribute",
  "Unsupported block type",
]);

/** Terraform's frame around a message. */
const FRAME = /^[\s│╷╵|]*/u;

/** The last word of a run through the `cloud` block, which only says that there were others. */
const OPERATION_FAILED = /^(Operation failed|remote operation failed)/i;

/**
 * The errors in Terraform's output for people: one line each, with the resource's address, and without any words that
 * could hold a value.
 */
export function errorsIn(output: string): string[] {
  const lines = output.split("\n").map((line) => line.replace(FRAME, "").trimEnd());
  const starts = lines.flatMap((line, index) => (line.startsWith("Error: ") ? [index] : []));
  return starts.flatMap((start, position) => {
    const summary = lines[start]?.slice("Error: ".length) ?? "";
    if (OPERATION_FAILED.test(summary)) return [];
    const message = lines.slice(start, starts[position + 1]);
    const address = message.map((line) => /^with ([^\s,]+(?:\["[^"]*"\])?),?$/.exec(line)?.[1]).find(Boolean);
    const words = WORDS_OF_TERRAFORM.has(summary) ? summary : "An error of the provider; the run says which";
    return [address === undefined ? words : `${address}: ${words}`];
  });
}

/** What went wrong before there was a run, when nothing but the configuration had been read: one line. */
export function firstError(output: string): string {
  const lines = output.split("\n").map((line) => line.replace(FRAME, "").trim());
  const start = lines.findIndex((line) => line.startsWith("Error: "));
  if (start < 0)
    return (
      oneLine(
        lines
          .filter((line) => line !== "")
          .slice(-2)
          .join(" "),
      ) || "it gave no reason."
    );
  const next = lines.findIndex((line, index) => index > start && line.startsWith("Error: "));
  const message = lines.slice(start, next < 0 ? undefined : next).filter((line) => line !== "");
  const text = oneLine(message.join(" ")).slice("Error: ".length, LONGEST_REASON);
  return /[.!?:]$/.test(text) ? text : `${text}.`;
}

const LONGEST_REASON = 400;
