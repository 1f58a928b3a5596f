import { styleText } from "node:util";
import type { Finding } from "./finding.js";
import type { MoveStep } from "./plan.js";

const MARKS = { ok: "✔", missing: "✖", unsure: "?" } as const;
const COLOURS = { ok: "green", missing: "red", unsure: "yellow" } as const;

/** The findings, one line each, with what to do about those that are not ok. */
export function describeFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  return findings
    .flatMap(({ what, outcome, detail, remedy }) => [
      // styleText colours a terminal only, and follows NO_COLOR.
      `${styleText(COLOURS[outcome], MARKS[outcome])} ${what.padEnd(width)}  ${detail}`,
      ...(remedy === undefined ? [] : [`  ${" ".repeat(width)}  → ${remedy}`]),
    ])
    .join("\n");
}

/** The steps, numbered, with their commands. */
export function describeSteps(steps: readonly MoveStep[]): string {
  return steps
    .map(({ what, commands }, index) =>
      [`${index + 1}. ${what}`, ...commands.map((command) => `     ${command}`)].join("\n"),
    )
    .join("\n");
}
