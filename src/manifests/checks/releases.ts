import { type Cluster, ofKind } from "../../kubernetes/cluster.js";
import { at, describe, type Manifest, textAt } from "../../kubernetes/objects.js";
import { chartOf } from "../chart-of.js";
import type { Finding } from "../finding.js";

const CHECK = "releases";
const EXACT_VERSION = /^(v?\d+\.\d+\.\d+([-+][\w.-]+)?|sha256:[0-9a-f]{64})$/;

/** Every HelmRelease installs one chart in one version, corrects what drifts, and says what happens when it fails. */
export function releases(cluster: Cluster): Finding[] {
  return ofKind(cluster, "HelmRelease").flatMap((release) =>
    faultsOf(cluster, release).map((what) => ({ check: CHECK, where: describe(release), what })),
  );
}

function faultsOf(cluster: Cluster, release: Manifest): string[] {
  return [...chartFaults(cluster, release), ...driftFaults(release), ...failureFaults(release)];
}

function chartFaults(cluster: Cluster, release: Manifest): string[] {
  const chart = chartOf(cluster, release);
  if (chart === undefined) return ["installs no chart; write spec.chart or a spec.chartRef that exists"];
  if (chart.version !== undefined && EXACT_VERSION.test(chart.version)) return [];
  return [`chart ${chart.name} is pinned to ${chart.version ?? "nothing"}; write one exact version`];
}

function driftFaults({ body }: Manifest): string[] {
  return textAt(body, "spec", "driftDetection", "mode") === "enabled"
    ? []
    : ["does not correct what was changed by hand; write spec.driftDetection.mode: enabled"];
}

/** Without either, a first failure is final and nobody is told: the release just stays as it is. */
function failureFaults({ body }: Manifest): string[] {
  return ["install", "upgrade"]
    .filter(
      (phase) =>
        at(body, "spec", phase, "remediation") === undefined &&
        textAt(body, "spec", phase, "strategy", "name") !== "RetryOnFailure",
    )
    .map(
      (phase) =>
        `gives up after one failed ${phase}; write spec.${phase}.strategy.name: RetryOnFailure, or remediation`,
    );
}
