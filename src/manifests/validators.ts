import { existsSync } from "node:fs";
import { UserError } from "../user-error.js";
import { ChartValues } from "./chart-values.js";
import type { Validators } from "./check-cluster.js";
import { foldersIn, Schemas } from "./schemas.js";

/** Folders with inputs of checks; undefined or empty if there is none. */
export interface ValidatorFolders {
  /** Strict JSON schemas of Kubernetes and the add-ons; several folders are separated as in PATH. */
  readonly schemas?: string | undefined;
  /** Default values of the charts. */
  readonly chartValues?: string | undefined;
}

/**
 * Opens the schemas and chart values.
 *
 * @returns the validators, and the checks that are skipped with the option that enables them
 * @throws UserError if a folder does not exist
 */
export function openValidators({ schemas, chartValues }: ValidatorFolders): {
  readonly validators: Validators;
  readonly notChecked: readonly { readonly what: string; readonly option: string }[];
} {
  const hasSchemas = foldersIn(schemas ?? "").map((folder) => hasFolder("--schemas", folder)).length > 0;
  const hasCharts = hasFolder("--chart-values", chartValues);
  const missing = [
    { missing: !hasSchemas, what: "Unknown fields of Kubernetes objects", option: "--schemas" },
    { missing: !hasCharts, what: "Unknown keys in chart values", option: "--chart-values" },
  ];
  return {
    validators: {
      schemas: hasSchemas ? new Schemas(schemas ?? "") : undefined,
      charts: hasCharts ? new ChartValues(chartValues ?? "") : undefined,
    },
    notChecked: missing.filter((each) => each.missing).map(({ what, option }) => ({ what, option })),
  };
}

function hasFolder(option: string, folder: string | undefined): boolean {
  if (folder === undefined || folder === "") return false;
  if (!existsSync(folder)) throw new UserError(`${option}: the folder ${folder} does not exist.`);
  return true;
}
