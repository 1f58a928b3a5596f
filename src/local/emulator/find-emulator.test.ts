import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findEmulator, interpreterOfScript, MOTO_IMAGE, versionWarnings } from "./find-emulator.js";
import { MissingTool } from "./missing-tool.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "notejam-find-emulator-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Puts a program on the only PATH there is; it says one line, or fails. */
async function program(name: string, says: string | undefined): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, says === undefined ? "#!/bin/sh\nexit 1\n" : `#!/bin/sh\necho '${says}'\n`);
  await chmod(file, 0o755);
  return file;
}
const find = (more: NodeJS.ProcessEnv = {}) => findEmulator({ PATH: folder, ...more });

describe("looking for moto", () => {
  it("prefers the interpreter behind moto_server to the python3 of the shell", async () => {
    const python = await program("python3.11", "5.2.1");
    await program("python3", "4.0.0");
    await writeFile(join(folder, "moto_server"), `#!${python}\nimport moto\n`, { mode: 0o755 });
    expect(await find()).toEqual({ kind: "python", python, motoVersion: "5.2.1", warnings: [] });
  });

  it("looks through a pyenv shim", async () => {
    const python = await program("python3.11", "5.2.1");
    const real = join(folder, "real_moto_server");
    await writeFile(real, `#!${python}\n`);
    await writeFile(join(folder, "moto_server"), "#!/usr/bin/env bash\nexec pyenv exec\n", { mode: 0o755 });
    await program("pyenv", real);
    expect(await find()).toMatchObject({ kind: "python", python });
  });

  it("takes the container image where no Python has moto and an engine answers", async () => {
    await program("python3", undefined);
    await program("docker", "28.0.0");
    expect(await find()).toEqual({ kind: "docker", docker: "docker", image: MOTO_IMAGE, warnings: [] });
  });

  it("says in one line how to get moto where there is none", async () => {
    await program("docker", undefined);
    const problem = await find().catch((thrown: unknown) => thrown);
    expect(problem).toBeInstanceOf(MissingTool);
    expect(problem).toMatchObject({
      message: "The AWS emulator (moto) is missing. Get it with: pip install 'moto[server]'",
    });
  });

  it("takes the interpreter it is told, and no other when that one has no moto", async () => {
    const told = await program("mine", "5.2.9");
    expect(await find({ NOTEJAM_EMULATOR_PYTHON: told })).toMatchObject({
      python: told,
      motoVersion: "5.2.9",
    });
    await program("python3", "5.2.1");
    const without = await program("theirs", undefined);
    await expect(find({ NOTEJAM_EMULATOR_PYTHON: without })).rejects.toThrow(`${without} -m pip install`);
  });

  it("warns about a release that was not tried, and about no other", () => {
    expect(versionWarnings("5.2.7")).toEqual([]);
    expect(versionWarnings("5.20.0")).toHaveLength(1);
    expect(versionWarnings("4.2.14").join()).toContain("moto 4.2.14 was not tried");
  });
});

describe("the interpreter of a console script", () => {
  it.each([
    ["#!/opt/venv/bin/python3.12\nimport sys\n", "/opt/venv/bin/python3.12"],
    ["#!/bin/sh\n'''exec' \"/a long path/bin/python\" \"$0\" \"$@\"\n' '''\n", "/a long path/bin/python"],
    ["#!/usr/bin/env bash\nset -e\n", undefined],
  ])("is read from %j", (text, python) => {
    expect(interpreterOfScript(text)).toBe(python);
  });
});
