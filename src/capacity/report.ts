import Table from "cli-table3";
import type { Environment } from "../config/environment.js";
import { namesOf } from "../config/names.js";
import type { Finding } from "../config/problem.js";
import type { Measurement } from "./measurement.js";
import type { Capacity, Need } from "./model.js";

/** One environment, computed and judged. */
export interface Judged {
  readonly environment: Environment;
  /** Undefined where it cannot be computed: a finding says why. */
  readonly capacity: Capacity | undefined;
  readonly findings: readonly Finding[];
}

/** The capacity of an environment as a person reads it. */
export function tableOf({ environment, capacity, findings }: Judged): string {
  const { load, region } = environment;
  const verdict = findings.length === 0 ? "carries its stated load" : "does NOT carry its stated load";
  const lines = [`${namesOf(environment).instance} (${region}) ${verdict}`];
  if (capacity !== undefined) {
    lines.push(needs(capacity, load.eventFactor), ...notes(capacity));
  }
  for (const { field, value, rule, remedy } of findings) {
    lines.push(`  ${field}: ${JSON.stringify(value)}\n    rule:   ${rule}\n    remedy: ${remedy}`);
  }
  return lines.join("\n");
}

/** What one line of the table shows of a need, and its limit. */
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
      title: "nodes of apps, with a rollout's pods",
      of: ({ nodes }) => number(nodes),
      limit: `${number(limits.nodes)} (nodeGroups.apps.max)`,
    },
    {
      title: "database connections during a rollout",
      of: ({ connections }) => number(connections),
      limit: `${number(limits.connections)} (database.instanceClass)`,
    },
    {
      title: "database processors busy",
      of: (need) => number(need.databaseCpus),
      limit: `${number(limits.databaseCpus)} (database.instanceClass)`,
    },
    {
      title: "pods' processor when a zone is lost",
      of: ({ utilizationWithoutZone }) => percent(utilizationWithoutZone),
      limit: "of what they request, until others have started",
    },
  ];
  table.push(...rows.map(({ title, of, limit }) => [title, of(usual), of(peak), limit]));
  return table.toString();
}

function notes({ requestsPerPod, podsPerNode, addresses, events }: Capacity): string[] {
  return [
    `  One pod carries ${number(requestsPerPod)} requests/s at the autoscaler's target; ${podsPerNode} fit on a node.`,
    `  All nodes at their maximum take ${number(addresses.needed)} of ${number(addresses.available)} addresses in a zone.`,
    ...events.map(
      ({ name, pods, nodes }) => `  Event ${name}: ${pods} pods from its start, which take ${nodes} nodes.`,
    ),
  ];
}

/** Where the figures come from. */
export function sourceOf(measurement: Measurement): string {
  const { when, where, command, mix, applicationMilliseconds, databaseMilliseconds } = measurement;
  return `Measured on ${when} by ${command}: a request takes ${number(applicationMilliseconds)} ms of the application's processor and ${number(databaseMilliseconds)} ms of the database's (${mix}).
${where}`;
}

function number(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : 0 });
}

function percent(part: number): string {
  return `${(100 * part).toFixed(0)} %`;
}
