import { fileURLToPath } from "node:url";
import type { TreeFile } from "@notejam/constructs/github/operations-repository";
import { applicationShape } from "./application-shape.js";
import { readMeasurement } from "./measurement.js";
import type { CapacityInputs } from "./model.js";

/** Result of the application's benchmark. */
const MEASUREMENT = fileURLToPath(new URL("../../app/docs/pod-capacity.json", import.meta.url));

/**
 * Reads the inputs of the capacity model: the manifests, and a measurement of one process.
 *
 * @param measurement file with a measurement. @default the measurement in the repository
 */
export function capacityInputs(tree: readonly TreeFile[], measurement: string = MEASUREMENT): CapacityInputs {
  return { shape: applicationShape(tree), measurement: readMeasurement(measurement) };
}
