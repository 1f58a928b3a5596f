import { type Cluster, ofKind } from "../../kubernetes/cluster.js";
import { at, describe } from "../../kubernetes/objects.js";
import { chartOf } from "../chart-of.js";
import type { ChartValues } from "../chart-values.js";
import type { Finding } from "../finding.js";

const CHECK = "values";

/** Every key in a release's values is one that its chart knows. */
export function values(cluster: Cluster, charts: ChartValues): Finding[] {
  return ofKind(cluster, "HelmRelease").flatMap((release) => {
    const where = describe(release);
    const chart = chartOf(cluster, release);
    if (chart === undefined) return [];
    if (!charts.has(chart.name)) {
      return [
        { check: CHECK, where, what: `no default values of chart ${chart.name} to compare with; add them` },
      ];
    }
    return charts
      .unknownKeys(chart.name, at(release.body, "spec", "values"))
      .map((what) => ({ check: CHECK, where, what }));
  });
}
