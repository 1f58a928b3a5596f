import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeExecutable } from "../test/executable.js";
import { findEmulator } from "./find-emulator.js";
import { findPythonForEmulator, installEmulator } from "./install-emulator.js";

/**
 * A Python that makes a virtual environment of itself. `PIP_OUTPUT` is what its pip prints before it fails;
 * `PIP_WAITS` names a file into which its pip writes its process id, then it waits.
 */
const PYTHON = `#!/bin/sh
case "$*" in
  *sys.implementation*) echo "$PYTHON_IS" ;;
  "-c import moto"*) [ -e "\${0%/*}/moto" ] && echo 5.2.5 ;;
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  "-m pip install --require-hashes "*)
    echo "pip: $*; user=$PIP_USER target=$PIP_TARGET path=$PYTHONPATH"
    if [ -n "$PIP_OUTPUT" ]; then echo "$PIP_OUTPUT" >&2; exit 1; fi
    if [ -n "$PIP_WAITS" ]; then sleep 60 & echo "$$ $!" > "$PIP_WAITS"; wait; fi
    touch "\${0%/*}/moto" ;;
  *) echo "unexpected: $*" >&2; exit 2 ;;
esac
`;

let folder: string;
let python: string;
let venv: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "notejam-install-emulator-"));
  venv = join(folder, "state", "moto");
  python = join(folder, "programs", "python3");
  await mkdir(dirname(python));
  writeExecutable(python, PYTHON);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const environmentOf = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  PATH: [dirname(python), "/usr/bin", "/bin"].join(delimiter),
  PYTHON_IS: "12 True",
  ...more,
});
const install = (more: NodeJS.ProcessEnv = {}, rest: Partial<Parameters<typeof installEmulator>[0]> = {}) =>
  installEmulator({ folder: venv, python, environment: environmentOf(more), ...rest });
const found = () => findEmulator({ environment: { PATH: "" }, installed: venv }).catch(() => "nothing");

describe("installing the emulator", () => {
  it("creates an environment that findEmulator() finds", async () => {
    const installed = { python: join(venv, "bin", "python"), motoVersion: "5.2.5" };
    expect(await install()).toEqual(installed);
    expect(await found()).toMatchObject({ kind: "python", ...installed });
  });

  it("uses the pinned requirements, and ignores settings that point outside the environment", async () => {
    const lines: string[] = [];
    await install(
      { PIP_USER: "1", PIP_TARGET: "/elsewhere", PYTHONPATH: "/elsewhere" },
      { onLine: (line) => lines.push(line) },
    );
    const pip = lines.find((line) => line.startsWith("pip: "));
    expect(pip).toMatch(/--requirement \S+\/emulator\/requirements\.txt; user=0 target= path=$/);
  });

  it("does nothing where the same packages are installed", async () => {
    await install();
    const lines: string[] = [];
    await install({}, { onLine: (line) => lines.push(line) });
    expect(lines).toEqual([]);
  });

  it("installs again when the requirements changed, or the environment does not work", async () => {
    const lines: string[] = [];
    const onLine = (line: string) => lines.push(line);
    const requirements = join(folder, "requirements.txt");
    await install();
    await writeFile(requirements, "moto==5.2.4");
    await install({}, { requirements, onLine });
    expect(lines).toHaveLength(1);
    await rm(join(venv, "bin", "moto"));
    await install({}, { requirements, onLine });
    expect(lines).toHaveLength(2);
  });

  it.each([
    [
      "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'\nERROR: No matching distribution found for moto==5.2.5",
      /pip cannot reach the package index/,
    ],
    [
      "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
      /the disk is full/,
    ],
    [
      "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
      /hash of a package differs/,
    ],
    ["ERROR: No matching distribution found for moto==5.2.5", /no package for this Python/],
    ["Traceback\nERROR: something new", /ERROR: something new/],
  ])("removes the environment and reports in one line why pip failed: %j", async (output, says) => {
    const error = await install({ PIP_OUTPUT: output }).catch((reason: Error) => reason);
    expect(error).toMatchObject({ name: "EmulatorError", message: expect.stringMatching(says) });
    expect(error).toMatchObject({ message: expect.not.stringContaining("\n") });
    expect(await found()).toBe("nothing");
    await expect(readFile(join(venv, "bin", "python"))).rejects.toThrow("ENOENT");
  });

  it("leaves no process and no incomplete environment when it is aborted", async () => {
    const pids = join(folder, "pids");
    const controller = new AbortController();
    const installing = install({ PIP_WAITS: pids }, { signal: controller.signal });
    const started = expect.poll(() => readFile(pids, "utf8").catch(() => ""), { timeout: 10_000 });
    await started.toMatch(/\d+ \d+\n/);
    controller.abort(new Error("Stopped by SIGINT."));
    await expect(installing).rejects.toThrow("Stopped by SIGINT.");
    for (const pid of (await readFile(pids, "utf8")).trim().split(" ")) {
      await expect.poll(() => isRunning(Number(pid)), { timeout: 5_000 }).toBe(false);
    }
    expect(await found()).toBe("nothing");
  });

  it("replaces an incomplete environment", async () => {
    await mkdir(join(venv, "bin"), { recursive: true });
    await copyFile(python, join(venv, "bin", "python"));
    await writeFile(join(venv, "bin", "moto"), "");
    await writeFile(join(venv, "half"), "");
    expect(await found()).toBe("nothing");
    await install();
    await expect(readFile(join(venv, "half"))).rejects.toThrow("ENOENT");
  });
});

describe("a Python to install the emulator with", () => {
  const installWithAny = (environment: NodeJS.ProcessEnv) => installEmulator({ folder: venv, environment });

  it("is a CPython 3.10 or newer with venv", async () => {
    expect(await findPythonForEmulator(environmentOf())).toBe("python3");
    expect(
      await findPythonForEmulator(environmentOf({ PATH: dirname(python), PYTHON_IS: "9 True" })),
    ).toBeUndefined();
    expect(
      await findPythonForEmulator(environmentOf({ PATH: dirname(python), PYTHON_IS: "12 False" })),
    ).toBeUndefined();
  });

  it("is reported in one line if there is none", async () => {
    await expect(installWithAny({ PATH: folder })).rejects.toThrow(
      /^The AWS emulator cannot be installed: there is no Python 3\.10 or newer\. .*apt install python3 python3-venv$/,
    );
  });

  it("needs Debian's python3-venv", async () => {
    await expect(
      installWithAny(environmentOf({ PATH: dirname(python), PYTHON_IS: "11 False" })),
    ).rejects.toThrow(/has no venv module\. .*apt install python3-venv$/);
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
