import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TreeFile } from "@notejam/constructs/github/operations-repository";
import { App } from "cdktf";
import type { Environment } from "../src/config/environment.js";
import type { Configuration } from "../src/config/load.js";
import { loadConfiguration } from "../src/config/load.js";
import { namesOf } from "../src/config/names.js";
import { readTree } from "../src/kubernetes/flux-tree.js";
import { addStacks } from "../src/stacks/compose.js";
import { withoutTraces } from "../src/terraform/write-stacks.js";
import { Synthesized } from "./synthesized-constructs.js";

/** Fixed date for tests, so that no version reaches its end of support. */
export const TODAY = new Date("2026-11-01T00:00:00Z");

/** Configuration of the repository with all environments. */
export function repositoryConfiguration(): Promise<Configuration> {
  return loadConfiguration("environments", { today: TODAY });
}

/** Configuration of the repository with dev and prod only, for tests that count or list environments. */
export async function devAndProd(): Promise<Configuration> {
  const configuration = await repositoryConfiguration();
  return {
    ...configuration,
    environments: [await environmentNamed("dev"), await environmentNamed("prod")],
  };
}

/** Environment of the repository with a name; the primary, not a standby. */
export async function environmentNamed(name: string): Promise<Environment> {
  const { environments } = await repositoryConfiguration();
  const found = environments.find((environment) => namesOf(environment).environmentId === name);
  if (!found) throw new Error(`no environment ${name}`);
  return found;
}

/** Cache of synthesized stacks by input. Test files in the same thread share it. */
const synthesized = new Map<string, ReadonlyMap<string, Synthesized>>();

/** Synthesizes a configuration, including policy checks, and returns its stacks by name. Caches the result by input. */
export function synthesizeApp(
  configuration: Configuration,
  tree: readonly TreeFile[] = readTree("flux"),
): ReadonlyMap<string, Synthesized> {
  const input = JSON.stringify([configuration, tree]);
  const stacks = synthesized.get(input) ?? synthesizeAnew(configuration, tree);
  synthesized.set(input, stacks);
  return stacks;
}

function synthesizeAnew(
  configuration: Configuration,
  tree: readonly TreeFile[],
): ReadonlyMap<string, Synthesized> {
  const outdir = mkdtempSync(join(tmpdir(), "notejam-synth-"));
  try {
    withoutTraces(() => {
      const app = new App({ outdir, stackTraces: false });
      addStacks(app, { ...configuration, tree, now: TODAY });
      app.synth();
    });
    const manifest: { stacks: Record<string, { synthesizedStackPath: string }> } = JSON.parse(
      readFileSync(join(outdir, "manifest.json"), "utf8"),
    );
    return new Map(
      Object.entries(manifest.stacks).map(([name, { synthesizedStackPath }]) => [
        name,
        new Synthesized(readFileSync(join(outdir, synthesizedStackPath), "utf8")),
      ]),
    );
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Returns one stack of `synthesizeApp`. */
export function stackNamed(stacks: ReadonlyMap<string, Synthesized>, name: string): Synthesized {
  const stack = stacks.get(name);
  if (!stack) throw new Error(`no stack ${name}; the stacks are ${[...stacks.keys()].join(", ")}`);
  return stack;
}
