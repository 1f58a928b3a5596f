import Table from "cli-table3";
import type { Cost } from "./measure.js";

/** Line of the report. */
export interface Result {
  readonly what: string;
  readonly measured: string;
  /** Budget; empty for figures without one. */
  readonly budget: string;
  /** True if the figure is within the budget; undefined without a budget. */
  readonly kept: boolean | undefined;
}

/** Figure with a maximum. */
export function atMost(what: string, value: number, limit: number, unit: string): Result {
  return { what, measured: figure(value, unit), budget: `≤ ${figure(limit, unit)}`, kept: value <= limit };
}

/** Figure with a minimum. */
export function atLeast(what: string, value: number, limit: number, unit: string): Result {
  return { what, measured: figure(value, unit), budget: `≥ ${figure(limit, unit)}`, kept: value >= limit };
}

/** Figure without a budget. */
export function figureOnly(what: string, measured: string): Result {
  return { what, measured, budget: "", kept: undefined };
}

/** Formats wall time, CPU time and memory. */
export function costInWords({ wallSeconds, cpuSeconds, peakMib }: Cost): string {
  const parts = [figure(wallSeconds, "s")];
  if (cpuSeconds !== undefined) {
    parts.push(`CPU ${figure(cpuSeconds, "s")}`);
  }
  if (peakMib !== undefined) {
    parts.push(figure(peakMib, "MiB"));
  }
  return parts.join(", ");
}

export function figure(value: number, unit: string): string {
  const digits = unit === "MiB" || value >= 100 ? 0 : 2;
  return `${Number(value.toFixed(digits))} ${unit}`;
}

export function renderResults(results: readonly Result[]): string {
  const table = new Table({ head: ["what", "measured", "budget", ""], style: { head: [], border: [] } });
  table.push(...results.map(({ what, measured, budget, kept }) => [what, measured, budget, verdict(kept)]));
  return table.toString();
}

function verdict(kept: boolean | undefined): string {
  if (kept === undefined) {
    return "";
  }
  return kept ? "kept" : "EXCEEDED";
}

/** Median of several runs, by wall time. */
export function median(costs: readonly Cost[]): Cost {
  const sorted = [...costs].sort((a, b) => a.wallSeconds - b.wallSeconds);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) {
    throw new Error("The median of no runs is undefined.");
  }
  return middle;
}
