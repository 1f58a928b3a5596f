import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { EmulatorError } from "./emulator-error.js";
import { motoVersionOf, readOutput } from "./python.js";

/** Packages to install: moto's server and its dependencies, each with its hashes. */
const REQUIREMENTS = fileURLToPath(new URL("./requirements.txt", import.meta.url));

/** File in the environment's folder that is written last. Without it, the installation is incomplete. */
const COMPLETION_MARK = "complete.json";
const CompletionMark = z.object({ requirements: z.string() });

/** Python versions that the requirements file is made for, as minor versions of Python 3. */
const OLDEST_PYTHON = 10;
const NEWEST_PYTHON = 14;

/** Time for pip to end by itself after SIGTERM. */
const KILL_AFTER_MS = 5_000;

/** Lines of pip's output that are kept to explain a failure. */
const LINES_KEPT = 60;

export interface InstallEmulatorOptions {
  /**
   * Folder of the virtual environment. Created when missing; existing contents are replaced. The caller must hold the
   * lock of the state folder around it.
   */
  readonly folder: string;
  /**
   * Python to make the virtual environment with: a path or a name of `PATH`.
   *
   * @default what `findPythonForEmulator()` finds
   */
  readonly python?: string;
  /** @default process.env */
  readonly environment?: NodeJS.ProcessEnv;
  /**
   * Requirements file for `pip install --require-hashes`.
   *
   * @default the newest moto that was tested
   */
  readonly requirements?: string;
  /** Gets each line that pip prints. */
  readonly onLine?: (line: string) => void;
  /** Aborts the installation: ends its processes and removes the incomplete environment. */
  readonly signal?: AbortSignal;
}

/** A virtual environment with moto's server. */
export interface InstalledEmulator {
  /** Path of its interpreter. */
  readonly python: string;
  readonly motoVersion: string;
}

/**
 * Installs moto's server into a separate virtual environment. Does nothing when the same packages are already
 * installed. The user's own Python is not changed.
 *
 * @throws EmulatorError `not-installable` with one line: no suitable Python, no network, full disk, or pip's last error
 * @throws the file system's error if the folder cannot be written
 * @throws the signal's reason if it is aborted
 */
export async function installEmulator(options: InstallEmulatorOptions): Promise<InstalledEmulator> {
  const { folder, environment = process.env, requirements = REQUIREMENTS, signal } = options;
  signal?.throwIfAborted();
  const mark = {
    requirements: createHash("sha256")
      .update(await readFile(requirements))
      .digest("hex"),
  };
  const installed = await usable(folder, mark.requirements, environment);
  if (installed) return installed;

  const python = options.python ?? (await requirePython(environment));
  const run = (program: string, args: readonly string[]) =>
    runProgram(program, args, { ...options, environment: onlyVirtualEnvironment(environment) });
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(dirname(folder), { recursive: true });
    await run(python, ["-m", "venv", folder]);
    await run(pythonIn(folder), [...PIP_INSTALL, "--requirement", requirements]);
    const motoVersion = await motoVersionOf(pythonIn(folder), onlyVirtualEnvironment(environment));
    if (!motoVersion) {
      throw notInstallable(
        `moto was installed in ${folder}, but it does not start.`,
        `To see the error, run: ${pythonIn(folder)} -c 'import moto.server'`,
      );
    }
    signal?.throwIfAborted();
    await writeFile(join(folder, `${COMPLETION_MARK}.draft`), JSON.stringify(mark));
    await rename(join(folder, `${COMPLETION_MARK}.draft`), join(folder, COMPLETION_MARK));
    return { python: pythonIn(folder), motoVersion };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Returns the Python of an environment that `installEmulator()` completed in this folder, or undefined. */
export async function installedPython(folder: string): Promise<string | undefined> {
  return (await requirementsIn(folder)) === undefined ? undefined : pythonIn(folder);
}

/** Returns the name of a Python that `installEmulator()` can use, or undefined. */
export async function findPythonForEmulator(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  return (await pythons(environment)).find((python) => python.hasVenv)?.program;
}

/** Options with which pip installs exactly the packages of the requirements file: no dependencies, no builds. */
const PIP_INSTALL = [
  ...["-m", "pip", "install", "--require-hashes", "--only-binary", ":all:", "--no-deps"],
  ...["--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--retries", "1"],
];

function pythonIn(folder: string): string {
  return join(folder, "bin", "python");
}

/** Returns the hash of the requirements that a completed environment was made from, or undefined. */
async function requirementsIn(folder: string): Promise<string | undefined> {
  try {
    return CompletionMark.parse(JSON.parse(await readFile(join(folder, COMPLETION_MARK), "utf8")))
      .requirements;
  } catch {
    return undefined; // no environment, or one that was not completed
  }
}

async function usable(
  folder: string,
  requirements: string,
  environment: NodeJS.ProcessEnv,
): Promise<InstalledEmulator | undefined> {
  if ((await requirementsIn(folder)) !== requirements) return undefined;
  const python = pythonIn(folder);
  const motoVersion = await motoVersionOf(python, environment);
  return motoVersion === undefined ? undefined : { python, motoVersion };
}

interface PythonOnMachine {
  readonly program: string;
  readonly minor: number;
  /** True if it can create a virtual environment with pip. */
  readonly hasVenv: boolean;
}

/** Returns the CPython interpreters ≥ 3.10 on `PATH`. Those that the requirements file supports come first. */
async function pythons(environment: NodeJS.ProcessEnv): Promise<readonly PythonOnMachine[]> {
  const minors = Array.from(
    { length: NEWEST_PYTHON - OLDEST_PYTHON + 1 },
    (_, index) => NEWEST_PYTHON - index,
  );
  const names = ["python3", "python", ...minors.map((minor) => `python3.${minor}`)];
  const found = await Promise.all(names.map((name) => describePython(name, environment)));
  const suitable = found
    .filter((python) => python !== undefined)
    .filter(({ minor }) => minor >= OLDEST_PYTHON);
  return [
    ...suitable.filter(({ minor }) => minor <= NEWEST_PYTHON),
    ...suitable.filter(({ minor }) => minor > NEWEST_PYTHON),
  ];
}

const DESCRIBE = `
import importlib.util, sys
has_venv = all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
if sys.implementation.name == "cpython" and sys.version_info[0] == 3:
    print(sys.version_info[1], has_venv)
`;

async function describePython(
  program: string,
  environment: NodeJS.ProcessEnv,
): Promise<PythonOnMachine | undefined> {
  const [minor, hasVenv] = (await readOutput(program, ["-c", DESCRIBE], environment))?.split(" ") ?? [];
  return minor === undefined ? undefined : { program, minor: Number(minor), hasVenv: hasVenv === "True" };
}

async function requirePython(environment: NodeJS.ProcessEnv): Promise<string> {
  const found = await pythons(environment);
  const python = found.find(({ hasVenv }) => hasVenv);
  if (python) return python.program;
  throw found[0] === undefined ? noPython() : noVenv(found[0].program);
}

function notInstallable(summary: string, hint: string): EmulatorError {
  return new EmulatorError("not-installable", summary, { hint });
}

function noPython(): EmulatorError {
  return notInstallable(
    `The AWS emulator cannot be installed: there is no Python 3.${OLDEST_PYTHON} or newer.`,
    "Install Python. On Debian and Ubuntu: apt install python3 python3-venv",
  );
}

function noVenv(python: string): EmulatorError {
  return notInstallable(
    `The AWS emulator cannot be installed: ${python} has no venv module.`,
    "Install the module. On Debian and Ubuntu: apt install python3-venv",
  );
}

/** Removes settings that would make pip or Python use folders outside the virtual environment. */
function onlyVirtualEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const leadsOut =
    /^(PYTHONPATH|PYTHONHOME|PYTHONUSERBASE|VIRTUAL_ENV|PIP_(USER|TARGET|PREFIX|ROOT|REQUIREMENT|PYTHON))$/;
  const kept = Object.entries(environment).filter(([name]) => !leadsOut.test(name));
  return { ...Object.fromEntries(kept), PIP_USER: "0", PYTHONUNBUFFERED: "1" };
}

/** Runs a program in its own process group, and ends the group when the signal is aborted. */
async function runProgram(
  program: string,
  args: readonly string[],
  { folder, environment, onLine, signal }: InstallEmulatorOptions,
): Promise<void> {
  signal?.throwIfAborted();
  const child = spawn(program, args, { env: environment, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
      onLine?.(line);
    });
  }
  const end = (how: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, how);
    } catch {
      // it has ended already
    }
  };
  let killing: NodeJS.Timeout | undefined;
  const abort = () => {
    end("SIGTERM");
    killing = setTimeout(() => end("SIGKILL"), KILL_AFTER_MS);
  };
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject).once("close", resolve);
    });
    signal?.throwIfAborted();
    if (status !== 0) throw explain(lines, program, folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw noPython();
    throw error;
  } finally {
    clearTimeout(killing);
    signal?.removeEventListener("abort", abort);
    end("SIGKILL"); // processes that the program left behind
  }
}

/** Known failures of venv and pip, by what they print. */
const FAILURES: readonly { readonly says: RegExp; readonly reason: string; readonly hint: string }[] = [
  {
    says: /No space left on device|Disk quota exceeded|Errno 28\b/i,
    reason: "the disk is full.",
    hint: "Free some space there, then run the same command again.",
  },
  {
    says: /DO NOT MATCH THE HASHES/,
    reason: "the hash of a package differs from the tested one.",
    hint: "Check the package index that pip is configured with.",
  },
  {
    says: /NewConnectionError|ConnectTimeout|ReadTimeout|Connection (refused|reset|broken)|name resolution|Network is unreachable|ProxyError|SSLError|Cannot connect to proxy/i,
    reason: "pip cannot reach the package index.",
    hint: "Check the network and pip's settings (pip config list), then run the same command again.",
  },
  {
    says: /No matching distribution found|Could not find a version/,
    reason: "the package index has no package for this Python and platform.",
    hint: `Use Python 3.${OLDEST_PYTHON} to 3.${NEWEST_PYTHON}, or set NOTEJAM_EMULATOR_PYTHON to a Python with moto.`,
  },
];

function explain(lines: readonly string[], program: string, folder: string): EmulatorError {
  const output = lines.join("\n");
  if (/ensurepip is not available|No module named '?(venv|ensurepip)/.test(output)) return noVenv(program);
  const known = FAILURES.find(({ says }) => says.test(output));
  const lastError = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? `${program} failed.`;
  return notInstallable(
    `The AWS emulator cannot be installed in ${folder}: ${known?.reason ?? lastError.trim()}`,
    known?.hint ?? "Run the same command again, or use another Python with moto (NOTEJAM_EMULATOR_PYTHON).",
  );
}
