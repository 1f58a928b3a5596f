import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeExecutable } from "../test/executable.js";
import toolVersions from "../tool-versions.json" with { type: "json" };
import { EmulatorError } from "./emulator-error.js";
import { findEmulator, interpreterOfScript, MOTO_IMAGE, versionWarnings } from "./find-emulator.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "notejam-find-emulator-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Puts a program on the only PATH there is; it says one line, or fails. */
async function program(name: string, says: string | undefined): Promise<string> {
  const file = join(folder, name);
  writeExecutable(file, says === undefined ? "#!/bin/sh\nexit 1\n" : `#!/bin/sh\necho '${says}'\n`);
  return file;
}
const find = (more: NodeJS.ProcessEnv = {}, installed?: string) =>
  findEmulator({ environment: { PATH: folder, ...more }, ...(installed === undefined ? {} : { installed }) });

/** Lays out a virtual environment as `installEmulator()` does. */
async function environmentWithMoto(version: string, complete: boolean): Promise<string> {
  const venv = join(folder, "venv");
  await mkdir(join(venv, "bin"), { recursive: true });
  await program(join("venv", "bin", "python"), version);
  if (complete) await writeFile(join(venv, "complete.json"), JSON.stringify({ requirements: "0" }));
  return venv;
}

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

  it("uses the container image if no Python has moto and an engine responds", async () => {
    await program("python3", undefined);
    await program("docker", "28.0.0");
    expect(await find()).toEqual({ kind: "docker", docker: "docker", image: MOTO_IMAGE, warnings: [] });
  });

  it("uses the image of the newest tested moto", () => {
    expect(MOTO_IMAGE).toBe(`motoserver/moto:${toolVersions.moto.newestTested}`);
  });

  it("reports in one line how to install moto", async () => {
    await program("docker", undefined);
    const error = await find().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EmulatorError);
    expect(error).toMatchObject({
      message:
        "The AWS emulator (moto) is missing. Get it with: npm start -- --install-emulator (needs Python 3.10 or newer with venv), or name a Python that has moto in NOTEJAM_EMULATOR_PYTHON",
    });
  });

  it("uses the interpreter in NOTEJAM_EMULATOR_PYTHON", async () => {
    const chosen = await program("mine", "5.2.3");
    await program("python3", "5.2.1");
    expect(await find({ NOTEJAM_EMULATOR_PYTHON: chosen })).toMatchObject({
      python: chosen,
      motoVersion: "5.2.3",
      warnings: [],
    });
  });

  it.each([undefined, "5.1.0"])(
    "uses no other Python when the one in NOTEJAM_EMULATOR_PYTHON has moto %s",
    async (version) => {
      await program("python3", "5.2.1");
      const chosen = await program("theirs", version);
      await expect(find({ NOTEJAM_EMULATOR_PYTHON: chosen })).rejects.toThrow(`${chosen} -m pip install`);
    },
  );

  it("ignores a moto that is too old, with a warning", async () => {
    const old = await program("python3.9", "4.2.14");
    await writeFile(join(folder, "moto_server"), `#!${old}\n`, { mode: 0o755 });
    await program("python3", "5.2.1");
    expect(await find()).toEqual({
      kind: "python",
      python: "python3",
      motoVersion: "5.2.1",
      warnings: [`moto 4.2.14 in ${old} is ignored: it is older than 5.2.1.`],
    });
  });

  it("reports a moto that is too old if there is no other", async () => {
    await program("docker", undefined);
    await program("python3", "5.2.0");
    await program("python", "5.2.0");
    const error = await find().catch((reason: Error) => reason.message);
    expect(error).toMatch(/^moto 5\.2\.0 in python3 is ignored: .* The AWS emulator \(moto\) is missing\./);
    expect(error).not.toContain("\n");
  });

  it("prefers a complete environment of installEmulator(), and ignores an incomplete one", async () => {
    const python3 = { python: "python3", motoVersion: "5.2.1" };
    await program("python3", "5.2.1");
    expect(await find({}, join(folder, "not there"))).toMatchObject(python3);
    const half = await environmentWithMoto("5.2.5", false);
    expect(await find({}, half)).toMatchObject(python3);
    const whole = await environmentWithMoto("5.2.5", true);
    expect(await find({}, whole)).toMatchObject({
      python: join(whole, "bin", "python"),
      motoVersion: "5.2.5",
    });
  });

  it("warns only about releases that are newer than the tested ones", () => {
    const { minimum, newestTested } = toolVersions.moto;
    expect(versionWarnings(minimum)).toEqual([]);
    expect(versionWarnings(newestTested)).toEqual([]);
    for (const newer of ["5.2.99", "5.20.0", "6.0.0"]) {
      expect(versionWarnings(newer)).toEqual([expect.stringContaining(`moto ${newer} was not tested`)]);
    }
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
