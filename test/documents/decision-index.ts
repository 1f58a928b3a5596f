import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const DECISIONS_FOLDER = "docs/decisions";

/** Name of the generated index in {@link DECISIONS_FOLDER}. */
export const DECISION_INDEX = "README.md";

/** A decision record, as its file states it. */
export interface Decision {
  readonly file: string;
  /** From the file's heading, for example `12`. */
  readonly number: number;
  readonly title: string;
  /** ISO date of the decision. */
  readonly date: string;
  readonly status: string;
}

/**
 * Returns all decision records, ordered by number.
 *
 * @throws if a record lacks its heading, date or status
 */
export function readDecisions(): Decision[] {
  return readdirSync(DECISIONS_FOLDER)
    .filter((file) => file !== DECISION_INDEX)
    .sort()
    .map((file) => readDecision(file));
}

function readDecision(file: string): Decision {
  const text = readFileSync(join(DECISIONS_FOLDER, file), "utf8");
  const [, number, title, date, status] =
    /^# (\d+)\. (.+)\n\n- Date: (\d{4}-\d{2}-\d{2})\n- Status: (.+)\n/.exec(text) ?? [];
  if (!number || !title || !date || !status) {
    throw new Error(
      `${file} does not begin with "# <number>. <title>", "- Date: <date>" and "- Status: <status>".`,
    );
  }
  return { file, number: Number(number), title, date, status };
}

/** Returns the text of the index of all decision records. */
export function decisionIndex(decisions: readonly Decision[]): string {
  const rows = decisions.map(
    ({ file, number, title, date, status }) => `| ${number} | [${title}](${file}) | ${date} | ${status} |`,
  );
  return [
    "# Decisions",
    "",
    "Architecture decision records. Each has context, decision and consequences, on half a page at most. A new decision",
    "that replaces an old one changes the status of the old one. `npm run docs` writes this index.",
    "",
    "| | decision | date | status |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
