import "./disable-source-maps.js";
import { fileURLToPath } from "node:url";
import { capacityFindings } from "./capacity/capacity-check.js";
import { basisOf } from "./capacity/capacity-inputs.js";
import { reportUserError } from "./cli/report-user-error.js";
import { loadConfiguration } from "./config/load.js";
import { readTree } from "./kubernetes/flux-tree.js";
import { addStacks } from "./stacks/compose.js";
import { synthesizeInto } from "./terraform/write-stacks.js";

/** Where the environments are read from; another folder is for tests and measurements. */
const environmentsFolder =
  process.env.NOTEJAM_ENVIRONMENTS ?? fileURLToPath(new URL("../environments", import.meta.url));

/** What Flux applies in every environment. */
const fluxFolder = fileURLToPath(new URL("../flux", import.meta.url));

/** Where the Terraform configuration goes; the CDKTF command line names it. */
const outputFolder = process.env.CDKTF_OUTDIR ?? "cdktf.out";

async function main(): Promise<void> {
  const tree = readTree(fluxFolder);
  const basis = basisOf(tree);
  const configuration = await loadConfiguration(environmentsFolder, {
    demand: (environment) => capacityFindings(environment, basis),
  });
  const now = new Date();
  await synthesizeInto(outputFolder, (app) => addStacks(app, { ...configuration, tree, now }));
}

await main().catch((error: unknown) => reportUserError(error, { isSynth: true }));
