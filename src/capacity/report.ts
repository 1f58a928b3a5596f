import Table from "cli-table3";
import type { Environment } from "../config/environment.js";
import { namesOf } from "../config/names.js";
import { type Diagnostic, formatDiagnostics } from "../diagnostic.js";
import type { Measurement } from "./measurement.js";
import type { Capacity, Need } from "./model.js";

/** Result of the capacity check of an environment. */
export interface CapacityResult {
  readonly environment: Environment;
  /** Undefined if it cannot be computed; a diagnostic has the reason. */
  readonly capacity: Capacity | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Formats the capacity of an environment. */
export function tableOf({ environment, capacity, diagnostics }: CapacityResult): string {
  const { load, region } = environment;
  const result =
    diagnostics.length === 0
      ? "has capacity for its configured load"
      : "has too little capacity for its configured load";
  const lines = [`${namesOf(environment).environmentId} (${region}) ${result}`];
  if (capacity !== undefined) {
    lines.push(needs(capacity, load.eventFactor), ...notes(capacity));
  }
  if (diagnostics.length > 0) lines.push(formatDiagnostics(diagnostics));
  return lines.join("\n");
}

/** Row of the table: a resource and its limit. */
interface Row {
  readonly title: string;
  readonly of: (need: Need) => string;
  readonly limit: string;
}

function needs({ usual, peak, limits }: Capacity, factor: number): string {
  const table = new Table({
    head: ["", "usual", `${number(factor)} × usual`, "limit"],
    colAligns: ["left", "right", "right", "left"],
    style: { head: [], border: [] },
  });
  const rows: Row[] = [
    { title: "requests per second", of: ({ requestsPerSecond }) => number(requestsPerSecond), limit: "" },
    {
      title: "pods",
      of: ({ pods }) => number(pods),
      limit: `${number(limits.pods)} (application.replicas.max)`,
    },
    {
      title: "nodes of apps during a rollout",
      of: ({ nodes }) => number(nodes),
      limit: `${number(limits.nodes)} (nodeGroups.apps.max)`,
    },
    {
      title: "database connections during a rollout",
      of: ({ connections }) => number(connections),
      limit: `${number(limits.connections)} (database.instanceClass)`,
    },
    {
      title: "database vCPUs in use",
      of: (need) => number(need.databaseCpus),
      limit: `${number(limits.databaseCpus)} (database.instanceClass)`,
    },
    {
      title: "CPU of the pods after the loss of a zone",
      of: ({ utilizationWithoutZone }) => percent(utilizationWithoutZone),
      limit: "of their request, until new pods are ready",
    },
  ];
  table.push(...rows.map(({ title, of, limit }) => [title, of(usual), of(peak), limit]));
  return table.toString();
}

function notes({ requestsPerPod, podsPerNode, addresses, events }: Capacity): string[] {
  return [
    `  One pod serves ${number(requestsPerPod)} requests/s at the HPA's target CPU; a node has room for ${podsPerNode}.`,
    `  All nodes at their maximum use ${number(addresses.needed)} of ${number(addresses.available)} addresses per zone.`,
    ...events.map(({ name, pods, nodes }) => `  Event ${name}: ${pods} pods on ${nodes} nodes.`),
  ];
}

/** Formats the source of the measurement. */
export function sourceOf(measurement: Measurement): string {
  const { when, where, command, mix, applicationMilliseconds, databaseMilliseconds } = measurement;
  return `Measured on ${when} by ${command}: a request needs ${number(applicationMilliseconds)} ms of CPU time in the application and ${number(databaseMilliseconds)} ms in the database (${mix}).
${where}`;
}

function number(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : 0 });
}

function percent(part: number): string {
  return `${(100 * part).toFixed(0)} %`;
}
