import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { projectFolder, SMALL_STACK, temporaryFolder } from "../../test/fakes/local-tools.js";
import { synthesize } from "./synthesize-app.js";

describe("synthesizing the app", () => {
  it("runs the app in cdktf.json with the given output folder", async () => {
    const folder = temporaryFolder();
    const out = join(folder, "out");
    const stacks = await synthesize({ projectFolder: projectFolder(folder), out });
    const path = join(out, "stacks/notejam-dev");
    expect(stacks).toEqual([{ name: "notejam-dev", folder: path, configuration: SMALL_STACK }]);
    expect(JSON.parse(readFileSync(join(path, "cdk.tf.json"), "utf8"))).toEqual(SMALL_STACK);
  });

  it("removes the values of variables from the app's environment, like cdktf", async () => {
    vi.stubEnv("TF_VAR_db_pass", "canary");
    const project = projectFolder(
      temporaryFolder(),
      {},
      `console.error(process.env.TF_VAR_db_pass ?? "unknown"); process.exit(1);`,
    );
    await expect(synthesize({ projectFolder: project, out: temporaryFolder() })).rejects.toThrow(/^unknown/);
    vi.unstubAllEnvs();
  });

  it("reports a folder without cdktf.json", async () => {
    const elsewhere = temporaryFolder();
    await expect(synthesize({ projectFolder: elsewhere, out: elsewhere })).rejects.toThrow(
      `There is no cdktf.json in ${elsewhere}. Run npm start from the project's folder.`,
    );
  });

  it("reports an app that fails without output or writes nothing", async () => {
    const silent = projectFolder(temporaryFolder(), {}, "process.exit(3)");
    await expect(synthesize({ projectFolder: silent, out: temporaryFolder() })).rejects.toThrow(
      /ended with 3/,
    );
    const idle = projectFolder(temporaryFolder(), {}, "");
    await expect(synthesize({ projectFolder: idle, out: temporaryFolder() })).rejects.toThrow(
      /wrote no stacks/,
    );
  });
});
