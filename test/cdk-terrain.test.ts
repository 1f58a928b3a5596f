import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import packageJson from "../package.json" with { type: "json" };

const require = createRequire(import.meta.url);
const { bundleOptions }: { bundleOptions: () => BuildOptions } = require("../src/cached-main.cjs");

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "notejam-cdk-terrain-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Synthesizes all stacks with one of the two libraries. The provider bindings load the same one. */
async function synthesizeWith(library: "cdktf" | "cdktn"): Promise<string> {
  const out = join(folder, library);
  const program = join(folder, `${library}.cjs`);
  await build({ ...bundleOptions(), alias: { cdktf: library }, outfile: program, write: true });
  const runner = join(folder, `run-${library}.cjs`);
  await writeFile(
    runner,
    `require(${JSON.stringify(program)}).run().then((isDone) => process.exit(isDone ? 0 : 1));`,
  );
  await execa(process.execPath, [runner], { env: { CDKTF_OUTDIR: out } });
  return out;
}

/** Version of the library that synthesized a folder of stacks. */
async function versionOf(out: string): Promise<unknown> {
  return JSON.parse(await readFile(join(out, "manifest.json"), "utf8")).version;
}

/** Terraform configuration of the stacks without the library's metadata. */
async function configurationOf(out: string): Promise<Record<string, unknown>> {
  const stacks = await readdir(join(out, "stacks"));
  const read = async (stack: string) => {
    const text = await readFile(join(out, "stacks", stack, "cdk.tf.json"), "utf8");
    return [stack, withoutMetadata(JSON.parse(text))];
  };
  return Object.fromEntries(await Promise.all(stacks.map(read)));
}

function withoutMetadata(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMetadata);
  const { success, data } = z.record(z.string(), z.unknown()).safeParse(value);
  if (!success) return value;
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, field]) => (key === "//" ? [] : [[key, withoutMetadata(field)]])),
  );
}

describe("CDK Terrain, the successor of CDK for Terraform", () => {
  it("synthesizes the same Terraform configuration", async () => {
    const [ours, successor] = [await synthesizeWith("cdktf"), await synthesizeWith("cdktn")];
    // The metadata contains the library's version. This verifies that the second run used the other library.
    const manifests = await Promise.all([ours, successor].map(versionOf));
    expect(manifests).toEqual([packageJson.dependencies.cdktf, packageJson.devDependencies.cdktn]);
    const expected = await configurationOf(ours);
    expect(Object.keys(expected).length).toBeGreaterThan(4);
    expect(await configurationOf(successor)).toEqual(expected);
  });
});
