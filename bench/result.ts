import Table from "cli-table3";
import type { Cost } from "./measure.js";

/** One line of the report. */
export interface Result {
  readonly what: string;
  readonly measured: string;
  /** What was promised; empty where a figure is only for information. */
  readonly budget: string;
  /** Whether the promise is kept; undefined where there is none. */
  readonly kept: boolean | undefined;
}

/** A figure with a limit from above. */
export function atMost(what: string, value: number, limit: number, unit: string): Result {
  return { what, measured: figure(value, unit), budget: `≤ ${figure(limit, unit)}`, kept: value <= limit };
}

/** A figure with a limit from below. */
export function atLeast(what: string, value: number, limit: number, unit: string): Result {
  return { what, measured: figure(value, unit), budget: `≥ ${figure(limit, unit)}`, kept: value >= limit };
}

/** A figure for information. */
export function figureOnly(what: string, measured: string): Result {
  return { what, measured, budget: "", kept: undefined };
}

/** Wall time, CPU time and memory in a few words. */
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

/** The middle one of several runs, by wall time. */
export function median(costs: readonly Cost[]): Cost {
  const sorted = [...costs].sort((a, b) => a.wallSeconds - b.wallSeconds);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) {
    throw new Error("There is nothing to take the median of.");
  }
  return middle;
}
