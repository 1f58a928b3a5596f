import { chmodSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { cloneInto, installNode, type NodeInstallation } from "./checkout.js";
import { expectEnd } from "./expect.js";
import { findProgram, Machine } from "./machine.js";
import { SCENARIOS, type Scenario, type Workshop } from "./scenarios.js";

interface Options {
  readonly only?: Scenario[];
  readonly skip?: Scenario[];
  readonly list?: boolean;
}

function named(name: string, before: Scenario[] = []): Scenario[] {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined) {
    throw new InvalidArgumentError(`Choose from: ${SCENARIOS.map((scenario) => scenario.name).join(", ")}.`);
  }
  return [...before, found];
}

async function main(): Promise<void> {
  const {
    only = SCENARIOS,
    skip = [],
    list,
  } = new Command("test/fresh-machine")
    .description(
      "Runs the README's commands in clean clones of HEAD, on machines with missing tools. Prints the result of each scenario and a last line `N passed, N failed`. Skips a scenario that cannot run here; with REQUIRE_ALL_TOOLS=1 it fails.",
    )
    .option("--only <name...>", "run only these scenarios", named)
    .option("--skip <name...>", "leave these scenarios out", named)
    .option("--list", "list the scenarios and exit")
    .parse()
    .opts<Options>();
  const chosen = only.filter((scenario) => !skip.includes(scenario));
  if (list) {
    for (const { name, about } of chosen) console.log(`${name.padEnd(28)}${about}`);
    return;
  }
  // Other users must be able to enter it.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "notejam-machines-")));
  chmodSync(folder, 0o755);
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeFolder);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => process.exit(130));
  const results = { passed: 0, failed: 0, skipped: 0 };
  const workshop = await openWorkshop(folder);
  for (const scenario of chosen) results[await attempt(scenario, workshop)] += 1;
  const { passed, failed, skipped } = results;
  console.log(`\n${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
  process.exitCode = failed > 0 ? 1 : 0;
}

async function openWorkshop(folder: string): Promise<Workshop> {
  const own: NodeInstallation = { node: process.execPath, npm: realpathSync(findProgram("npm")) };
  const installed = new Map<string, Promise<NodeInstallation>>();
  const node: Workshop["node"] = (version, npm = "latest") => {
    if (version === undefined) return Promise.resolve(own);
    const known = installed.get(version) ?? installNode(join(folder, `node-${version}`), version, npm);
    installed.set(version, known);
    return known;
  };
  const checkout = cloneInto(join(folder, "checkout"));
  const command = "npm ci --ignore-scripts";
  console.log(`${command}, in a clean clone …`);
  expectEnd(command, await new Machine({ folder, ...own }).run(command, checkout), { status: 0 });
  return {
    folder,
    checkout,
    clone: (name) => cloneInto(join(folder, name)),
    node,
    say: (line) => console.log(`  ${line}`),
  };
}

async function attempt(scenario: Scenario, workshop: Workshop): Promise<"passed" | "failed" | "skipped"> {
  const { name, about, impossible, run } = scenario;
  console.log(`${name}: ${about} …`);
  const why = impossible?.();
  if (why !== undefined) {
    const isFailure = process.env.REQUIRE_ALL_TOOLS === "1";
    console.log(`${name}: ${isFailure ? "FAILED" : "SKIPPED"}, ${why}`);
    return isFailure ? "failed" : "skipped";
  }
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(0);
  try {
    await run(workshop);
    console.log(`${name}: passed in ${seconds()} s`);
    return "passed";
  } catch (error) {
    console.log(`${name}: FAILED in ${seconds()} s\n  ${error instanceof Error ? error.message : error}`);
    return "failed";
  }
}

await main();
