import { fileURLToPath } from "node:url";
import { checkCapacity } from "./capacity/capacity-check.js";
import { capacityInputs } from "./capacity/capacity-inputs.js";
import { formatWarnings, type ImportFile, loadConfiguration } from "./config/load.js";
import { readTree } from "./kubernetes/flux-tree.js";
import { addStacks } from "./stacks/compose.js";
import { synthesizeInto } from "./terraform/write-stacks.js";

/** Folder of the environments; tests and measurements name another one. */
const environmentsFolder =
  process.env.NOTEJAM_ENVIRONMENTS || fileURLToPath(new URL("../environments", import.meta.url));

/** The Flux tree of every environment. */
const fluxFolder = fileURLToPath(new URL("../flux", import.meta.url));

/** Folder of the synthesized stacks; the CDKTF command line sets it. */
const outputFolder = process.env.CDKTF_OUTDIR || "cdktf.out";

/**
 * Reads the environments, composes their stacks and writes the Terraform configuration. Prints the warnings of the
 * configuration to standard error.
 *
 * @param importFile loads an environment's file. @default `import()`
 * @throws UserError for an invalid configuration or a violation of the policy, or an error of the file system
 */
export async function synthesizeStacks(importFile?: ImportFile): Promise<void> {
  const tree = readTree(fluxFolder);
  const inputs = capacityInputs(tree);
  const configuration = await loadConfiguration(environmentsFolder, {
    check: (environment) => checkCapacity(environment, inputs),
    importFile,
  });
  const warnings = formatWarnings(configuration);
  if (warnings !== undefined) process.stderr.write(`${warnings}\n`);
  const now = new Date();
  await synthesizeInto(outputFolder, (app) => addStacks(app, { ...configuration, tree, now }));
}
