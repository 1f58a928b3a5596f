import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useProviderMirror } from "../test/provider-mirror.js";
import { type Emulator, startEmulator } from "./emulator.js";

const STACK = fileURLToPath(new URL("./e2e/everything.tf", import.meta.url));

/** Number of lines of Terraform's output in an error message. */
const LINES_SHOWN = 60;

/** Cluster, database, keys, buckets and account settings that the extension supports, with real Terraform. */
describe("a stack with everything that the extension changes in moto", () => {
  let folder: string;
  let emulator: Emulator;
  let mirror: Readonly<Record<string, string>> = {};
  const start = async () => {
    emulator = await startEmulator({ stateFile: join(folder, "aws.state") });
  };
  const terraform = async (...args: string[]) => {
    const { exitCode, all } = await execa("terraform", [...args, "-no-color", "-input=false"], {
      cwd: folder,
      env: { ...emulator.environment, TF_IN_AUTOMATION: "1", ...mirror },
      reject: false,
      all: true,
    });
    return { exitCode, output: all.split("\n").slice(-LINES_SHOWN).join("\n") };
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "notejam-emulator-e2e-"));
    await copyFile(STACK, join(folder, "everything.tf"));
    mirror = useProviderMirror(folder);
    await start();
    const { exitCode, output } = await terraform("init");
    expect(exitCode, output).toBe(0);
  });
  afterAll(async () => {
    await emulator.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("is applied in one run, and a plan after a restart of the emulator has no changes", async () => {
    const applied = await terraform("apply", "-auto-approve", "-parallelism=30");
    expect(applied.exitCode, applied.output).toBe(0);

    await emulator.stop();
    await start();
    expect(emulator).toMatchObject({ restored: true, whyNotRestored: "" });
    const planned = await terraform("plan", "-detailed-exitcode");
    expect(planned.exitCode, planned.output).toBe(0);
  });

  it("is destroyed without remains", async () => {
    expect((await emulator.listResources()).length).toBeGreaterThan(40);
    const destroyed = await terraform("destroy", "-auto-approve", "-parallelism=30");
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    expect(await emulator.listResources()).toEqual([]);
  });
});
