import type { Diagnostic } from "../../diagnostic.js";
import { type Cluster, ofKind } from "../../kubernetes/cluster.js";
import { at, describe, type Manifest, textAt } from "../../kubernetes/objects.js";
import { chartOf } from "../chart-of.js";
import { type Fault, manifestError } from "../manifest-error.js";

const CHECK = "releases";
const EXACT_VERSION = /^(v?\d+\.\d+\.\d+([-+][\w.-]+)?|sha256:[0-9a-f]{64})$/;

/** Every HelmRelease installs one chart in an exact version, corrects drift and retries after failures. */
export function releases(cluster: Cluster): Diagnostic[] {
  return ofKind(cluster, "HelmRelease").flatMap((release) =>
    faultsOf(cluster, release).map((fault) => manifestError(CHECK, describe(release), fault)),
  );
}

function faultsOf(cluster: Cluster, release: Manifest): Fault[] {
  return [...chartFaults(cluster, release), ...driftFaults(release), ...failureFaults(release)];
}

function chartFaults(cluster: Cluster, release: Manifest): Fault[] {
  const chart = chartOf(cluster, release);
  if (chart === undefined) return [["installs no chart", "write spec.chart or a spec.chartRef that exists"]];
  if (chart.version !== undefined && EXACT_VERSION.test(chart.version)) return [];
  return [[`chart ${chart.name} has version ${chart.version ?? "(none)"}`, "write one exact version"]];
}

function driftFaults({ body }: Manifest): Fault[] {
  return textAt(body, "spec", "driftDetection", "mode") === "enabled"
    ? []
    : [["does not correct manual changes", "write spec.driftDetection.mode: enabled"]];
}

/** Without either setting the first failure is final. */
function failureFaults({ body }: Manifest): Fault[] {
  return ["install", "upgrade"]
    .filter(
      (phase) =>
        at(body, "spec", phase, "remediation") === undefined &&
        textAt(body, "spec", phase, "strategy", "name") !== "RetryOnFailure",
    )
    .map((phase) => [
      `does not retry a failed ${phase}`,
      `write spec.${phase}.strategy.name: RetryOnFailure, or remediation`,
    ]);
}
