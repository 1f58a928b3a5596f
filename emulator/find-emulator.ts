import { readFile } from "node:fs/promises";
import toolVersions from "../tool-versions.json" with { type: "json" };
import { EmulatorError } from "./emulator-error.js";
import { installedPython } from "./install-emulator.js";
import { findOnPath, motoVersionOf, readOutput } from "./python.js";

const { minimum: OLDEST_MOTO, newestTested: NEWEST_TESTED_MOTO } = toolVersions.moto;

/** Container image that is used if no Python has moto. */
export const MOTO_IMAGE = `motoserver/moto:${NEWEST_TESTED_MOTO}`;

/** Program that runs moto on this machine. */
export type EmulatorInstallation = {
  /** Warnings, one line each. Empty for a tested version. */
  readonly warnings: readonly string[];
} & (
  | { readonly kind: "python"; readonly python: string; readonly motoVersion: string }
  | { readonly kind: "docker"; readonly docker: string; readonly image: string }
);

export interface FindEmulatorOptions {
  /** @default process.env */
  readonly environment?: NodeJS.ProcessEnv;
  /**
   * Folder of the virtual environment that `installEmulator()` makes. It need not exist.
   *
   * @default none: only the user's own installations are searched
   */
  readonly installed?: string;
}

/**
 * Finds moto: `NOTEJAM_EMULATOR_PYTHON`, the virtual environment that `installEmulator()` made, the interpreter behind
 * `moto_server` (also behind a pyenv shim), `python3`, `python`, and last a running container engine. A moto that is
 * too old is ignored, with a warning.
 *
 * @throws EmulatorError `not-found` if there is none
 */
export async function findEmulator(options: FindEmulatorOptions = {}): Promise<EmulatorInstallation> {
  const { environment = process.env } = options;
  const { NOTEJAM_EMULATOR_PYTHON: chosen } = environment;
  if (chosen) return chosenInterpreter(chosen, environment);

  const tooOld = new Map<string, string>();
  for (const python of await interpreters(environment, options.installed)) {
    const motoVersion = await motoVersionOf(python, environment);
    if (motoVersion === undefined) continue;
    if (isSupported(motoVersion)) {
      const warnings = [...tooOld.values(), ...versionWarnings(motoVersion)];
      return { kind: "python", python, motoVersion, warnings };
    }
    if (tooOld.has(motoVersion)) continue; // the same Python under another name
    tooOld.set(motoVersion, `moto ${motoVersion} in ${python} is ignored: it is older than ${OLDEST_MOTO}.`);
  }
  const docker = await answeringDocker(environment);
  if (docker) return { kind: "docker", docker, image: MOTO_IMAGE, warnings: [...tooOld.values()] };
  throw new EmulatorError(
    "not-found",
    [...tooOld.values(), "The AWS emulator (moto) is missing."].join(" "),
    {
      hint: "Get it with: npm start -- --install-emulator (needs Python 3.10 or newer with venv), or name a Python that has moto in NOTEJAM_EMULATOR_PYTHON",
    },
  );
}

/** Warnings about a supported moto version; empty for one that was tested. */
export function versionWarnings(motoVersion: string): readonly string[] {
  if (compareVersions(motoVersion, NEWEST_TESTED_MOTO) <= 0) return [];
  return [
    `moto ${motoVersion} was not tested with this project. If an apply fails, use the tested version: npm start -- --install-emulator`,
  ];
}

function isSupported(motoVersion: string): boolean {
  return compareVersions(motoVersion, OLDEST_MOTO) >= 0;
}

/** @returns a negative number, 0 or a positive number, as for `Array.sort` */
function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map((version) =>
    version.split(".").map((part) => Number.parseInt(part, 10) || 0),
  );
  const length = Math.max(a?.length ?? 0, b?.length ?? 0);
  for (let index = 0; index < length; index += 1) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

async function chosenInterpreter(
  python: string,
  environment: NodeJS.ProcessEnv,
): Promise<EmulatorInstallation> {
  const motoVersion = await motoVersionOf(python, environment);
  if (motoVersion !== undefined && isSupported(motoVersion)) {
    return { kind: "python", python, motoVersion, warnings: versionWarnings(motoVersion) };
  }
  const found =
    motoVersion === undefined ? "no moto[server]" : `moto ${motoVersion}, older than ${OLDEST_MOTO}`;
  throw new EmulatorError(
    "not-found",
    `moto ${OLDEST_MOTO} or newer in NOTEJAM_EMULATOR_PYTHON (${python} has ${found}) is missing.`,
    {
      hint: `Get it with: ${python} -m pip install 'moto[server]==${NEWEST_TESTED_MOTO}', or unset the variable`,
    },
  );
}

async function interpreters(
  environment: NodeJS.ProcessEnv,
  installed: string | undefined,
): Promise<readonly string[]> {
  const inFolder = installed === undefined ? undefined : await installedPython(installed);
  const server = await findOnPath("moto_server", environment);
  const behindServer = server ? await interpreterBehind(server, environment) : undefined;
  return [...[inFolder, behindServer].filter((python) => python !== undefined), "python3", "python"];
}

/** Returns the Python that runs a console script: from its first lines, or from pyenv if it is a shim. */
async function interpreterBehind(
  script: string,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  // Without a readable script, the interpreter is unknown.
  const text = await readFile(script, "utf8").catch(() => "");
  const python = interpreterOfScript(text);
  if (python || !text.includes("pyenv")) return python;
  const real = await readOutput("pyenv", ["which", "moto_server"], environment);
  return real ? interpreterOfScript(await readFile(real, "utf8")) : undefined;
}

/** Reads `#!/path/python`, or the `exec` line that pip writes if that path is too long for a `#!`. */
export function interpreterOfScript(text: string): string | undefined {
  const [first = "", second = ""] = text.split("\n", 2);
  const direct = /^#!\s*(\/\S*python[\d.]*)\s*$/.exec(first)?.[1];
  return direct ?? /^'''exec' "?(\/[^"]*python[\d.]*)"? /.exec(second)?.[1];
}

async function answeringDocker(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const answer = await readOutput("docker", ["version", "--format", "{{.Server.Version}}"], environment);
  return answer ? "docker" : undefined;
}
