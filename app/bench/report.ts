import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";

/** Document with the generated report. */
const DOCUMENT = new URL("../docs/performance.md", import.meta.url);
const GENERATED = /(<!-- bench: generated -->\n)[\s\S]*(<!-- bench: end -->)/;

/** CPU usage of other programs above which a measurement is not meaningful, in percent. */
const MAX_DISTURBANCE = 5;

/** A line of the report. */
export interface ReportLine {
  readonly what: string;
  readonly measured: string;
  readonly budget: string;
}

/**
 * Writes the measurements into docs/performance.md.
 *
 * @param disturbance highest CPU usage of other programs during the measurements, in percent
 * @returns false if nothing was written, because other programs disturbed the measurements
 */
export function writeReport(lines: readonly ReportLine[], postgres: string, disturbance: number): boolean {
  if (disturbance > MAX_DISTURBANCE) return false;
  const date = new Date().toISOString().slice(0, 10);
  const table = [
    `${date}, ${cpus().length} processors (${cpus()[0]?.model.trim()}), Node ${process.versions.node}, PostgreSQL ${postgres}.`,
    "PostgreSQL and the load generator ran on the same machine. 50 connections, 100 notes, 5 pads, one process.",
    "",
    "| | measured | budget |",
    "|---|---|---|",
    ...lines.map(({ what, measured, budget }) => `| ${what} | ${measured} | ${budget} |`),
  ];
  const text = readFileSync(DOCUMENT, "utf8");
  writeFileSync(
    DOCUMENT,
    text.replace(GENERATED, (_, begin, end) => `${begin}${table.join("\n")}\n${end}`),
  );
  return true;
}
