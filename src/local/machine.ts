import { createInterface } from "node:readline/promises";
import { EmulatorError } from "@notejam/emulator/emulator-error";
import { type EmulatorInstallation, findEmulator } from "@notejam/emulator/find-emulator";
import { findPythonForEmulator, installEmulator, installedPython } from "@notejam/emulator/install-emulator";
import { errorCode } from "../error-text.js";
import { findKustomize, type Kustomize } from "../manifests/render.js";
import { findTerraform, type Terraform } from "../terraform/find-terraform.js";
import { describeProvider, findProvider, type ProviderSource } from "../terraform/provider-source.js";
import { UserError } from "../user-error.js";
import { databaseFolder } from "./application/application.js";
import { findPostgres, type PostgresInstallation } from "./application/find-postgres.js";
import { keptMajor } from "./application/postgres.js";
import { explainEmulatorError } from "./emulator-error.js";
import { explainFileError } from "./file-error.js";
import type { Interruption } from "./interruption.js";
import type { Progress, Step } from "./progress.js";
import type { StateFolder } from "./state-folder.js";

/** Descriptions of the work that a run leaves out without a part. */
const LEFT_OUT = {
  manifests: "rendering and checking what Flux applies",
  aws: "the emulated AWS, and Notejam in it with PostgreSQL, backup and restore test (the stacks are synthesized, not applied)",
  postgres:
    "Notejam in the emulated AWS with PostgreSQL, backup and restore test (it runs on its embedded database)",
  backup: "the backup and its restore test",
} as const;

/** A part of a local run that needs more than Node. */
export type Part = keyof typeof LEFT_OUT;

/** Parts that each part depends on. */
const NEEDS: Readonly<Record<Part, readonly Part[]>> = {
  manifests: [],
  aws: [],
  postgres: ["aws", "manifests"],
  backup: ["postgres", "aws", "manifests"],
};

export const PARTS: readonly Part[] = ["manifests", "aws", "postgres", "backup"];

/** A part that this machine cannot run. */
export interface MissingPart {
  readonly part: Part;
  /** One line: the missing tools and how to install them. */
  readonly reason: string;
}

/** Tools that apply the stacks to the emulated AWS. */
export interface AwsTools {
  readonly terraform: Terraform;
  readonly provider: ProviderSource;
  readonly emulator: EmulatorInstallation;
}

/** Tools that were found on this machine. */
export interface Machine {
  readonly kustomize: Kustomize | undefined;
  readonly aws: AwsTools | undefined;
  /** PostgreSQL installations by environment name. */
  readonly postgres: ReadonlyMap<string, PostgresInstallation>;
  readonly missing: readonly MissingPart[];
}

export interface FindToolsProps {
  readonly folder: StateFolder;
  /** Names of environments: `dev`. */
  readonly environments: readonly string[];
  /** Run Notejam too. */
  readonly application: boolean;
  /** True if the stored notes will be removed. */
  readonly fresh: boolean;
  /** Install moto into the state folder and prefer it to other installations. */
  readonly installEmulator: boolean;
  /** True if the run may prompt on the terminal. */
  readonly interactive: boolean;
  readonly progress: Progress;
  readonly interruption: Interruption;
}

/** Finds the tools for a local run. Prints one line for each tool that was found and each part that is left out. */
export async function findTools(props: FindToolsProps): Promise<Machine> {
  const machine = await props.progress.step("Look for tools", (step) => look(props, step));
  // moto is useful only with Terraform and the provider.
  if (!machine.hasTerraform || !(await wantsEmulator(props, machine))) return machine;
  await install(props);
  return props.progress.step("Look for tools again", (step) => look(props, step));
}

/** Installs moto into the state folder. A failure is printed and does not end the run. */
async function install({ folder, progress, interruption }: FindToolsProps): Promise<void> {
  await progress.step("Install the AWS emulator (moto) into the state folder", async (step) => {
    try {
      const { motoVersion } = await installEmulator({
        folder: folder.emulatorEnvironment,
        onLine: (line) => step.working([line]),
        signal: interruption.signal,
      });
      step.note(`moto ${motoVersion}`);
    } catch (error) {
      const known = explainEmulatorError(
        explainFileError(error, "install the AWS emulator", folder.emulatorEnvironment),
      );
      if (!(known instanceof UserError)) throw known;
      step.note(known.message);
    }
  });
}

/** Returns true if moto is to be installed: on request, or if it is missing and the user answers yes. */
async function wantsEmulator(
  { folder, installEmulator, interactive, interruption }: FindToolsProps,
  { aws }: Machine,
): Promise<boolean> {
  if (installEmulator) {
    const own = await installedPython(folder.emulatorEnvironment);
    return own === undefined || aws?.emulator.kind !== "python" || aws.emulator.python !== own;
  }
  if (!interactive || aws !== undefined || (await findPythonForEmulator()) === undefined) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // The terminal is in raw mode: Ctrl-C is a key, not a signal.
  terminal.on("SIGINT", () => interruption.request("SIGINT"));
  try {
    const question =
      "Install moto into the state folder, to apply the stacks to an emulated AWS? It takes about 320 MB and a minute. Your own Python is not changed. [y/N] ";
    const answer = await terminal.question(question, { signal: interruption.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    interruption.throwIfRequested();
    // Ctrl-D: no answer.
    if (errorCode(error) === "ABORT_ERR") return false;
    throw error;
  } finally {
    terminal.close();
  }
}

interface Looked extends Machine {
  /** True if Terraform and the AWS provider were found. */
  readonly hasTerraform: boolean;
}

async function look(props: FindToolsProps, step: Step): Promise<Looked> {
  const { folder, application } = props;
  const missing: MissingPart[] = [];
  const lacks = (part: Part, ...reasons: (string | undefined)[]) => {
    const known = reasons.filter((reason) => reason !== undefined);
    if (known.length > 0) missing.push({ part, reason: known.join(" ") });
  };
  const [kustomize, terraform, emulator] = await Promise.all([
    attempt(findKustomize),
    attempt(findTerraform),
    attempt(() => findEmulator({ installed: folder.emulatorEnvironment })),
  ]);
  lacks("manifests", kustomize.reason);
  // Terraform and OpenTofu use different registries.
  const provider =
    terraform.found &&
    (await attempt(() => findProvider({ terraform: terraform.found, pluginCache: folder.pluginCache })));
  lacks("aws", terraform.reason, provider?.reason, emulator.reason);
  const aws =
    terraform.found && provider?.found && emulator.found
      ? { terraform: terraform.found, provider: provider.found, emulator: emulator.found }
      : undefined;
  // PostgreSQL replaces Aurora for the rendered pods, so that it is only needed with the emulated AWS and manifests.
  const postgres =
    application && aws && kustomize.found ? await attempt(() => findPostgresOfAll(props)) : undefined;
  lacks("postgres", postgres?.reason ?? (application && aws ? kustomize.reason : undefined));
  const hasTools = [...(postgres?.found?.values() ?? [])].every(({ tools }) => tools !== undefined);
  lacks("backup", hasTools ? undefined : NO_CLIENT_PROGRAMS);

  if (terraform.found) step.note(`${terraform.found.product} ${terraform.found.version}`);
  if (provider?.found) step.note(describeProvider(provider.found));
  if (emulator.found) step.note(describeEmulator(emulator.found));
  for (const warning of emulator.found?.warnings ?? []) step.note(warning);
  for (const line of missing.map(describeMissing)) step.note(line);
  return {
    kustomize: kustomize.found,
    aws,
    postgres: postgres?.found ?? new Map(),
    missing,
    hasTerraform: provider?.found !== undefined,
  };
}

const NO_CLIENT_PROGRAMS =
  "pg_dump and pg_restore were not found in the server's version or newer. Install PostgreSQL's client programs.";

/** Formats a missing part as one line: what is left out, why, and how to get it. */
export function describeMissing({ part, reason }: MissingPart): string {
  return `Left out: ${LEFT_OUT[part]}. ${reason}`;
}

/**
 * Checks that no required part is missing.
 *
 * @throws UserError that names the missing parts
 */
export function requireParts(required: readonly Part[], missing: readonly MissingPart[]): void {
  const needed = new Set(required.flatMap((part) => [part, ...NEEDS[part]]));
  const lacking = missing.filter(({ part }) => needed.has(part));
  if (lacking.length === 0) return;
  const names = lacking.map(({ part }) => part).join(", ");
  throw new UserError(
    `--require asks for parts that cannot run on this machine: ${names}. ${lacking.map(({ reason }) => reason).join(" ")}`,
  );
}

function describeEmulator(emulator: EmulatorInstallation): string {
  return emulator.kind === "python"
    ? `moto ${emulator.motoVersion} (${emulator.python})`
    : `moto in a container (${emulator.image})`;
}

/** Finds PostgreSQL for each environment, by environment name. */
async function findPostgresOfAll({
  environments,
  folder,
  fresh,
}: FindToolsProps): Promise<ReadonlyMap<string, PostgresInstallation>> {
  const found = environments.map(async (name) => {
    const kept = fresh ? undefined : keptMajor(databaseFolder(folder.application(name)));
    return [name, await findPostgres({ keptMajor: kept, copies: folder.postgresCopies })] as const;
  });
  return new Map(await Promise.all(found));
}

/** Result of a search: the tool, or the reason why it was not found. */
type Attempt<T> =
  | { readonly found: T; readonly reason?: undefined }
  | { readonly found?: undefined; readonly reason: string };

/** Returns the reason instead of throwing when a tool is missing. Rethrows other errors. */
async function attempt<T>(find: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { found: await find() };
  } catch (error) {
    if (error instanceof UserError || error instanceof EmulatorError) {
      return { reason: error.message };
    }
    throw error;
  }
}
