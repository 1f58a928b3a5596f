import { fileURLToPath } from "node:url";
import type { TreeFile } from "../../modules/github/operations-repository.js";
import { applicationShape } from "./application-shape.js";
import { readMeasurement } from "./measurement.js";
import type { Basis } from "./model.js";

/** What the application's bench wrote. */
const MEASUREMENT = fileURLToPath(new URL("../../app/docs/pod-capacity.json", import.meta.url));

/**
 * What capacity is computed from: the manifests, and what one process was measured to do.
 *
 * @param measurement file of another measurement than the repository's
 */
export function basisOf(tree: readonly TreeFile[], measurement: string = MEASUREMENT): Basis {
  return { shape: applicationShape(tree), measurement: readMeasurement(measurement) };
}
