import { styleText } from "node:util";
import type { Diagnostic } from "../diagnostic.js";
import type { FailoverStep } from "./plan.js";

const MARKS = { ok: "✔", error: "✖", warning: "?" } as const;
const COLOURS = { ok: "green", error: "red", warning: "yellow" } as const;

/** Formats the results of checks: a line each, and the hint in another. */
export function describeResults(diagnostics: readonly Diagnostic[]): string {
  const width = Math.max(...diagnostics.map(({ check }) => check.length));
  return diagnostics
    .flatMap(({ severity, check, summary, hint }) => [
      // styleText uses colors only for a terminal, and respects NO_COLOR.
      `${styleText(COLOURS[severity], MARKS[severity])} ${check.padEnd(width)}  ${summary}`,
      ...(hint === undefined ? [] : [`  ${" ".repeat(width)}  fix: ${hint}`]),
    ])
    .join("\n");
}

/** Formats the steps as a numbered list with their commands. */
export function describeSteps(steps: readonly FailoverStep[]): string {
  return steps
    .map(({ title, commands }, index) =>
      [`${index + 1}. ${title}`, ...commands.map((command) => `     ${command}`)].join("\n"),
    )
    .join("\n");
}
