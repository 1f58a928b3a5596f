import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import toolVersions from "../tool-versions.json" with { type: "json" };
import { EmulatorError } from "./emulator-error.js";
import { testEmulator } from "./emulator-tests.js";
import { type EmulatorInstallation, findEmulator } from "./find-emulator.js";
import { installEmulator } from "./install-emulator.js";

const { minimum, newestTested } = toolVersions.moto;

const folder = await mkdtemp(join(tmpdir(), "notejam-emulator-versions-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Installs moto from a requirements file. Returns undefined when this machine cannot install it. */
async function install(requirements: string): Promise<EmulatorInstallation | undefined> {
  const environment = { ...process.env, NOTEJAM_EMULATOR_PYTHON: undefined };
  const installed = join(folder, requirements);
  try {
    await installEmulator({
      folder: installed,
      environment,
      requirements: fileURLToPath(new URL(requirements, import.meta.url)),
    });
    return await findEmulator({ environment, installed });
  } catch (error) {
    if (process.env.REQUIRE_ALL_TOOLS === "1" || !(error instanceof EmulatorError)) throw error;
    console.warn(`NOT TESTED, the emulator with ${requirements}: ${error.message}`);
    return undefined;
  }
}

for (const [requirements, motoVersion] of [
  ["requirements-oldest.txt", minimum],
  ["requirements.txt", newestTested],
] as const) {
  const installation = await install(requirements);
  describe.runIf(installation !== undefined)(requirements, () => {
    it(`installs moto ${motoVersion} where findEmulator() finds it`, () => {
      expect(installation).toEqual({
        kind: "python",
        python: join(folder, requirements, "bin", "python"),
        motoVersion,
        warnings: [],
      });
    });
  });
  testEmulator(`a running emulator with moto ${motoVersion}`, installation);
}
