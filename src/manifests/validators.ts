import { existsSync } from "node:fs";
import { ChartValues } from "./chart-values.js";
import type { Measures } from "./check-cluster.js";
import { foldersIn, Schemas } from "./schemas.js";

/** Folders that manifests are measured by; undefined or empty where there is none. */
export interface MeasureFolders {
  /** Strict JSON schemas of Kubernetes and of the add-ons; several folders are written as in PATH. */
  readonly schemas?: string | undefined;
  /** Default values of the charts. */
  readonly chartValues?: string | undefined;
}

/** A folder was named that is not there. */
export class WrongFolder extends Error {}

/**
 * Opens the measures there are.
 *
 * @returns them, and for each that is missing what is therefore not checked, and which option names it
 * @throws WrongFolder for a folder that does not exist
 */
export function openMeasures({ schemas, chartValues }: MeasureFolders): {
  readonly measures: Measures;
  readonly notChecked: readonly { readonly what: string; readonly option: string }[];
} {
  const hasSchemas = foldersIn(schemas ?? "").map((folder) => isThere("--schemas", folder)).length > 0;
  const hasCharts = isThere("--chart-values", chartValues);
  const missing = [
    { missing: !hasSchemas, what: "Fields that Kubernetes does not know", option: "--schemas" },
    { missing: !hasCharts, what: "Keys that charts do not know", option: "--chart-values" },
  ];
  return {
    measures: {
      schemas: hasSchemas ? new Schemas(schemas ?? "") : undefined,
      charts: hasCharts ? new ChartValues(chartValues ?? "") : undefined,
    },
    notChecked: missing.filter((each) => each.missing).map(({ what, option }) => ({ what, option })),
  };
}

function isThere(option: string, folder: string | undefined): boolean {
  if (folder === undefined || folder === "") return false;
  if (!existsSync(folder)) throw new WrongFolder(`${option}: there is no folder ${folder}.`);
  return true;
}
