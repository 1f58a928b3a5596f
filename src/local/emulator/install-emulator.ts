import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { errorCode, explainFileError, LocalProblem } from "../problem.js";
import { motoVersionOf, outputOf } from "./python.js";

/** The packages that are installed: moto's server and everything that it needs, each with its hashes. */
const REQUIREMENTS = fileURLToPath(new URL("./requirements.txt", import.meta.url));

/** In the environment's folder; written last. Without it the folder holds an install that did not end. */
const COMPLETION_MARK = "complete.json";
const CompletionMark = z.object({ requirements: z.string() });

/** Python versions that the requirements file is made for, as minor versions of Python 3. */
const OLDEST_PYTHON = 10;
const NEWEST_PYTHON = 14;

/** How long pip may take to end by itself after SIGTERM. */
const KILL_AFTER_MS = 5_000;

/** Lines of pip's output that are kept to explain a failure. */
const LINES_KEPT = 60;

export interface InstallEmulatorOptions {
  /** Folder of the virtual environment. It is made, and what is in it is replaced. Its parent folder is in use by one run. */
  readonly folder: string;
  /**
   * Python to make the virtual environment with: a path or a name of `PATH`.
   *
   * @default what `canInstallEmulator()` finds
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
  /** Ends the install: no process is left, and the half of an environment is removed. */
  readonly signal?: AbortSignal;
}

/** A virtual environment with moto's server. */
export interface InstalledEmulator {
  /** Path of its interpreter. */
  readonly python: string;
  readonly motoVersion: string;
}

/**
 * Installs moto's server into a virtual environment of its own. Returns at once where the same packages are installed
 * already. The user's own Python is only run, never changed.
 *
 * @throws LocalProblem with one line: no Python that could, no network, full disk, or pip's own last error
 * @throws the signal's reason when it is aborted
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
      throw new LocalProblem(
        `moto was installed in ${folder}, but it does not start.`,
        `Look at what this prints: ${pythonIn(folder)} -c 'import moto.server'`,
      );
    }
    signal?.throwIfAborted();
    await writeFile(join(folder, `${COMPLETION_MARK}.draft`), JSON.stringify(mark));
    await rename(join(folder, `${COMPLETION_MARK}.draft`), join(folder, COMPLETION_MARK));
    return { python: pythonIn(folder), motoVersion };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw explainFileError(error, "install the AWS emulator", folder);
  }
}

/** Returns the Python of an environment that `installEmulator()` completed in this folder, or undefined. */
export async function installedPython(folder: string): Promise<string | undefined> {
  return (await requirementsIn(folder)) === undefined ? undefined : pythonIn(folder);
}

/** Returns a Python of this machine that `installEmulator()` could work with, or undefined. */
export async function canInstallEmulator(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  return (await pythons(environment)).find((python) => python.hasVenv)?.program;
}

/** No index, no option that leads out of the environment, no build of a package: what the hashes name, and no more. */
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
  /** Whether it can make a virtual environment with pip. */
  readonly hasVenv: boolean;
}

/** The CPythons 3.10 and newer of `PATH`, those that the requirements are made for first. */
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
  const [minor, hasVenv] = (await outputOf(program, ["-c", DESCRIBE], environment))?.split(" ") ?? [];
  return minor === undefined ? undefined : { program, minor: Number(minor), hasVenv: hasVenv === "True" };
}

async function requirePython(environment: NodeJS.ProcessEnv): Promise<string> {
  const found = await pythons(environment);
  const python = found.find(({ hasVenv }) => hasVenv);
  if (python) return python.program;
  throw found[0] === undefined ? noPython() : noVenv(found[0].program);
}

function noPython(): LocalProblem {
  return new LocalProblem(
    `The AWS emulator cannot be installed: there is no Python 3.${OLDEST_PYTHON} or newer.`,
    "Install one, on Debian and Ubuntu with: apt install python3 python3-venv",
  );
}

function noVenv(python: string): LocalProblem {
  return new LocalProblem(
    `The AWS emulator cannot be installed: ${python} has no venv module.`,
    "Install it, on Debian and Ubuntu with: apt install python3-venv",
  );
}

/** Removes the settings with which pip or Python would install or look outside the virtual environment. */
function onlyVirtualEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const leadsOut =
    /^(PYTHONPATH|PYTHONHOME|PYTHONUSERBASE|VIRTUAL_ENV|PIP_(USER|TARGET|PREFIX|ROOT|REQUIREMENT|PYTHON))$/;
  const kept = Object.entries(environment).filter(([name]) => !leadsOut.test(name));
  return { ...Object.fromEntries(kept), PIP_USER: "0", PYTHONUNBUFFERED: "1" };
}

/** Runs a program to its end, in a process group of its own that is ended when the signal is aborted. */
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
  let insist: NodeJS.Timeout | undefined;
  const abort = () => {
    end("SIGTERM");
    insist = setTimeout(() => end("SIGKILL"), KILL_AFTER_MS);
  };
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject).once("close", resolve);
    });
    signal?.throwIfAborted();
    if (status !== 0) throw explain(lines, program, folder);
  } catch (error) {
    if (errorCode(error) === "ENOENT") throw noPython();
    throw error;
  } finally {
    clearTimeout(insist);
    signal?.removeEventListener("abort", abort);
    end("SIGKILL"); // whatever the program started and left behind
  }
}

/** Known failures of venv and pip, by what they print. */
const FAILURES: readonly { readonly says: RegExp; readonly what: string; readonly remedy: string }[] = [
  {
    says: /No space left on device|Disk quota exceeded|Errno 28\b/i,
    what: "the disk is full.",
    remedy: "Free some space there, then run the same command again.",
  },
  {
    says: /DO NOT MATCH THE HASHES/,
    what: "a package is not the one that was tested (its hash differs).",
    remedy: "Check the package index that pip is configured with.",
  },
  {
    says: /NewConnectionError|ConnectTimeout|ReadTimeout|Connection (refused|reset|broken)|name resolution|Network is unreachable|ProxyError|SSLError|Cannot connect to proxy/i,
    what: "pip cannot reach the package index.",
    remedy: "Check the network and pip's settings (pip config list), then run the same command again.",
  },
  {
    says: /No matching distribution found|Could not find a version/,
    what: "the package index has no package for this Python and platform.",
    remedy: `Use Python 3.${OLDEST_PYTHON} to 3.${NEWEST_PYTHON}, or set NOTEJAM_EMULATOR_PYTHON to a Python with moto.`,
  },
];

function explain(lines: readonly string[], program: string, folder: string): LocalProblem {
  const output = lines.join("\n");
  if (/ensurepip is not available|No module named '?(venv|ensurepip)/.test(output)) return noVenv(program);
  const known = FAILURES.find(({ says }) => says.test(output));
  const lastError = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? `${program} failed.`;
  return new LocalProblem(
    `The AWS emulator cannot be installed in ${folder}: ${known?.what ?? lastError.trim()}`,
    known?.remedy ?? "Run the same command again, or use another Python with moto (NOTEJAM_EMULATOR_PYTHON).",
  );
}
