import type { Diagnostic } from "../diagnostic.js";
import { oneLine } from "../error-text.js";
import type { TerraformDiagnostic } from "./events.js";

/** Check id of everything that Terraform reports. */
const CHECK = "terraform";

/**
 * Converts a diagnostic of Terraform's `-json` output.
 *
 * @param stack stack that Terraform ran for
 */
export function diagnosticOf(
  { severity, summary, detail, address }: TerraformDiagnostic,
  stack: string,
): Diagnostic {
  const lines = detail.split("\n").filter((line) => line.trim() !== "");
  const reason = lines.join("\n");
  return {
    severity,
    check: CHECK,
    where: { source: stack, subject: address },
    summary,
    // Some providers repeat the summary as detail.
    reason: reason === "" || reason.trim() === summary.trim() ? undefined : reason,
  };
}

/** Diagnostic for a Terraform that ended without one: shows its output. */
export function outputDiagnostic(output: string, stack: string): Diagnostic {
  const text = output.trim();
  return {
    severity: "error",
    check: CHECK,
    where: { source: stack },
    summary: "Terraform printed no error message",
    reason: text === "" ? undefined : text,
  };
}

/**
 * Summaries that Terraform itself writes. They are constant. A provider's summary may quote the value of an attribute,
 * so that only its place is shown.
 */
const TERRAFORM_SUMMARIES: ReadonlySet<string> = new Set([
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

/** Frame that Terraform draws around a message. */
const FRAME = /^[\s│╷╵|]*/u;

/** Last error of a run through the `cloud` block. It only repeats that there were errors. */
const OPERATION_FAILED = /^(Operation failed|remote operation failed)/i;

/**
 * Reads the errors from Terraform's text output: runs through the `cloud` block have no JSON output. Contains the
 * resource addresses and no text that may quote a value.
 *
 * @param stack stack that Terraform ran for
 */
export function redactedDiagnostics(output: string, stack: string): Diagnostic[] {
  const lines = output.split("\n").map((line) => line.replace(FRAME, "").trimEnd());
  const starts = lines.flatMap((line, index) => (line.startsWith("Error: ") ? [index] : []));
  return starts.flatMap((start, position) => {
    const summary = lines[start]?.slice("Error: ".length) ?? "";
    if (OPERATION_FAILED.test(summary)) return [];
    const message = lines.slice(start, starts[position + 1]);
    const subject = message.map((line) => /^with ([^\s,]+(?:\["[^"]*"\])?),?$/.exec(line)?.[1]).find(Boolean);
    return [
      {
        severity: "error" as const,
        check: CHECK,
        where: { source: stack, subject },
        summary: TERRAFORM_SUMMARIES.has(summary) ? summary : "Provider error; see the run",
      },
    ];
  });
}

/** Formats a diagnostic as one line without its source: `aws_kms_key.x: Invalid index`. */
export function diagnosticLine({ where, summary }: Diagnostic): string {
  return where.subject === undefined ? summary : `${where.subject}: ${summary}`;
}

/** Maximum length of {@link firstError}, in characters. */
const MAX_ERROR_LENGTH = 400;

/**
 * Returns the first error in Terraform's text output as one line. Use it only for errors before a run: they come from
 * the configuration and contain no values.
 */
export function firstError(output: string): string {
  const lines = output.split("\n").map((line) => line.replace(FRAME, "").trim());
  const start = lines.findIndex((line) => line.startsWith("Error: "));
  if (start < 0) {
    const last = lines.filter((line) => line !== "").slice(-2);
    return oneLine(last.join(" ")) || "it printed no reason.";
  }
  const next = lines.findIndex((line, index) => index > start && line.startsWith("Error: "));
  const message = lines.slice(start, next < 0 ? undefined : next).filter((line) => line !== "");
  const text = oneLine(message.join(" ")).slice("Error: ".length, MAX_ERROR_LENGTH);
  return /[.!?:]$/.test(text) ? text : `${text}.`;
}
