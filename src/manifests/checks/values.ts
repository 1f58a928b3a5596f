import type { Diagnostic } from "../../diagnostic.js";
import { type Cluster, ofKind } from "../../kubernetes/cluster.js";
import { at, describe } from "../../kubernetes/objects.js";
import { chartOf } from "../chart-of.js";
import type { ChartValues } from "../chart-values.js";
import { manifestError } from "../manifest-error.js";

const CHECK = "values";

/** Every key in the values of a release exists in its chart. */
export function values(cluster: Cluster, charts: ChartValues): Diagnostic[] {
  return ofKind(cluster, "HelmRelease").flatMap((release) => {
    const where = describe(release);
    const chart = chartOf(cluster, release);
    if (chart === undefined) return [];
    if (!charts.has(chart.name)) {
      return [
        manifestError(CHECK, where, [
          `has no default values of chart ${chart.name} to compare with`,
          "add them",
        ]),
      ];
    }
    return charts
      .unknownKeys(chart.name, at(release.body, "spec", "values"))
      .map((what) => manifestError(CHECK, where, what));
  });
}
