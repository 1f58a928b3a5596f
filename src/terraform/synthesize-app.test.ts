import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { projectFolder, SMALL_STACK, temporaryFolder } from "../../test/fakes/local-tools.js";
import { synthesize } from "./synthesize-app.js";

describe("synthesizing for a local run", () => {
  it("runs the app that cdktf.json names, into the folder it is given", async () => {
    const folder = temporaryFolder();
    const out = join(folder, "out");
    const stacks = await synthesize({ projectFolder: projectFolder(folder), out });
    const path = join(out, "stacks/notejam-dev");
    expect(stacks).toEqual([{ name: "notejam-dev", folder: path, configuration: SMALL_STACK }]);
    expect(JSON.parse(readFileSync(join(path, "cdk.tf.json"), "utf8"))).toEqual(SMALL_STACK);
  });

  it("keeps the values of variables from the app, as cdktf does", async () => {
    vi.stubEnv("TF_VAR_db_pass", "canary");
    const project = projectFolder(
      temporaryFolder(),
      {},
      `console.error(process.env.TF_VAR_db_pass ?? "unknown"); process.exit(1);`,
    );
    await expect(synthesize({ projectFolder: project, out: temporaryFolder() })).rejects.toThrow(/^unknown/);
    vi.unstubAllEnvs();
  });

  it("says so when it is not run in the project's folder", async () => {
    const elsewhere = temporaryFolder();
    await expect(synthesize({ projectFolder: elsewhere, out: elsewhere })).rejects.toThrow(
      `There is no cdktf.json in ${elsewhere}. Run npm start from the project's folder.`,
    );
  });

  it("says so when the app fails without a word, or writes nothing", async () => {
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
