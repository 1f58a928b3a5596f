import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import toolVersions from "../../tool-versions.json" with { type: "json" };
import type { Interruption } from "./interruption.js";
import { LocalProblem } from "./problem.js";
import { compareVersions } from "./provider-mirror.js";
import { type Diagnostic, describeDiagnostic, parseEvent, type TerraformEvent } from "./terraform-events.js";
import { hideSecrets } from "./variables.js";

/**
 * Write-only arguments, by which secrets reach AWS without passing through the state, came with this version.
 * @see https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only
 */
const OLDEST_VERSION = toolVersions.terraform.minimum;
const HOW_TO_GET_IT = `Install Terraform ${OLDEST_VERSION} or newer from https://developer.hashicorp.com/terraform/install, or name its binary in TERRAFORM_BINARY_NAME.`;

const VersionAnswer = z.object({ terraform_version: z.string() });

/** A Terraform that can be used. */
export interface Terraform {
  readonly binary: string;
  readonly version: string;
}

/**
 * Finds Terraform the way `cdktf` does: `TERRAFORM_BINARY_NAME`, else `terraform` on the PATH.
 *
 * @throws LocalProblem when there is none, when it does not run, or when it is too old
 */
export async function findTerraform(env: NodeJS.ProcessEnv = process.env): Promise<Terraform> {
  const binary = env.TERRAFORM_BINARY_NAME || "terraform";
  const result = await execa(binary, ["version", "-json"], {
    env: { ...withoutTerraformSettings(env), CHECKPOINT_DISABLE: "1" },
    extendEnv: false,
    reject: false,
    stdin: "ignore",
  });
  if (result.code === "ENOENT") {
    throw new LocalProblem(`Terraform was not found: there is no \`${binary}\` on the PATH.`, HOW_TO_GET_IT);
  }
  const version = versionIn(result.stdout);
  if (result.failed || version === undefined) {
    const why = result.stderr?.trim().split("\n")[0] ?? "";
    throw new LocalProblem(
      `\`${binary} version -json\` did not answer${why === "" ? "" : `: ${why}`}.`,
      HOW_TO_GET_IT,
    );
  }
  if (compareVersions(version, OLDEST_VERSION) < 0) {
    throw new LocalProblem(
      `Terraform ${version} (\`${binary}\`) is too old: write-only arguments, which keep passwords out of the state, need ${OLDEST_VERSION}.`,
      HOW_TO_GET_IT,
    );
  }
  return { binary, version };
}

function versionIn(output: string): string | undefined {
  try {
    return VersionAnswer.parse(JSON.parse(output)).terraform_version;
  } catch {
    return undefined;
  }
}

/** Terraform ended with errors; the message lists them, each with its resource address. */
export class TerraformFailed extends LocalProblem {
  readonly diagnostics: readonly Diagnostic[];

  constructor(doing: string, diagnostics: readonly Diagnostic[], output: string) {
    const errors = diagnostics.filter(({ severity }) => severity === "error").map(describeDiagnostic);
    const said = errors.length > 0 ? errors : [output.trim() || "it gave no reason"];
    super(
      `Terraform could not ${doing}:\n${said.map((each) => `  • ${each}`).join("\n")}\n`,
      remedyFor(said.join("\n")),
    );
    this.diagnostics = diagnostics;
  }
}

function remedyFor(said: string): string {
  if (/no space left on device/i.test(said)) {
    return "Free some space on that disk, then run the same command again.";
  }
  if (/query available provider packages|install(ing)? provider|registry/i.test(said)) {
    return "Check that https://registry.terraform.io can be reached, or name a folder of mirrored providers in TF_PLUGIN_MIRROR.";
  }
  return "Correct what it names, then run the same command again: what was made so far is kept.";
}

export interface TerraformRunProps {
  readonly terraform: Terraform;
  /** The folder with the stack's `cdk.tf.json`. */
  readonly folder: string;
  /** The stack's name, for messages. */
  readonly stack: string;
  /** Terraform's whole environment (`terraformEnvironment`). */
  readonly env: NodeJS.ProcessEnv;
  /** What must not be shown, wherever it turns up. */
  readonly secrets: readonly string[];
  readonly interruption: Interruption;
  readonly onEvent?: (event: TerraformEvent) => void;
  /** Operations that run at once. */
  readonly parallelism: number;
}

/** A Terraform whose start was killed takes a moment to notice, and holds the state until then. */
const LOCK_TIMEOUT = "-lock-timeout=60s";

/** What a plan found. */
export interface PlanResult {
  readonly add: number;
  readonly change: number;
  readonly remove: number;
}

/**
 * Prepares the folder: backend and provider. A lock file that was written for another provider version is dropped,
 * since the version is pinned by the override.
 */
export async function init(props: TerraformRunProps, providerVersion: string | undefined): Promise<void> {
  const lockFile = join(props.folder, ".terraform.lock.hcl");
  const pinned = providerVersion !== undefined && existsSync(lockFile);
  if (pinned && !readFileSync(lockFile, "utf8").includes(`"${providerVersion}"`)) {
    rmSync(lockFile);
  }
  await run(props, `prepare ${props.stack}`, ["init", "-input=false", "-reconfigure", "-json"]);
}

/** Checks the JSON against the provider's schema. */
export async function validate(props: TerraformRunProps): Promise<void> {
  const output = await run(props, `validate ${props.stack}`, ["validate", "-json"], { jsonDocument: true });
  const { diagnostics } = z.object({ diagnostics: z.array(z.unknown()) }).parse(JSON.parse(output));
  if (diagnostics.length > 0) {
    throw new TerraformFailed(`validate ${props.stack}`, [], output);
  }
}

/** Counts what an apply would do. */
export async function plan(props: TerraformRunProps, planFile?: string): Promise<PlanResult> {
  let found: PlanResult = { add: 0, change: 0, remove: 0 };
  const watching = watch(props, (event) => {
    if (event.type === "change_summary") {
      found = event.changes;
    }
  });
  const args = ["plan", "-input=false", "-json", LOCK_TIMEOUT, parallel(props)];
  await run(watching, `plan ${props.stack}`, planFile === undefined ? args : [...args, `-out=${planFile}`]);
  return found;
}

/** Plans and applies in one go. */
export async function apply(props: TerraformRunProps): Promise<void> {
  const args = ["apply", "-auto-approve", "-input=false", "-json", LOCK_TIMEOUT, parallel(props)];
  await run(props, `apply ${props.stack}`, args);
}

/** Removes everything that the stack's state knows. */
export async function destroy(props: TerraformRunProps): Promise<void> {
  const args = ["destroy", "-auto-approve", "-input=false", "-json", LOCK_TIMEOUT, parallel(props)];
  await run(props, `destroy ${props.stack}`, args);
}

function parallel({ parallelism }: TerraformRunProps): string {
  return `-parallelism=${parallelism}`;
}

function watch(props: TerraformRunProps, also: (event: TerraformEvent) => void): TerraformRunProps {
  return {
    ...props,
    onEvent: (event) => {
      also(event);
      props.onEvent?.(event);
    },
  };
}

/** Lines of plain text to keep for a message when Terraform ends without a diagnostic. */
const LINES_KEPT = 20;

async function run(
  props: TerraformRunProps,
  doing: string,
  args: readonly string[],
  { jsonDocument = false } = {},
): Promise<string> {
  props.interruption.throwIfRequested();
  const child = execa(props.terraform.binary, args, {
    cwd: props.folder,
    env: props.env,
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    buffer: false,
    all: true,
    // Its own process group: a Ctrl-C of the terminal reaches us alone, and we pass it on exactly once. Two would
    // make Terraform leave without saving its state.
    detached: true,
  });
  const stopListening = props.interruption.passTo(child);
  const diagnostics: Diagnostic[] = [];
  const plain: string[] = [];
  try {
    for await (const text of child.iterable({ from: "all" })) {
      const line = hideSecrets(text, props.secrets);
      const event = jsonDocument ? undefined : parseEvent(line);
      if (event?.type === "diagnostic") {
        diagnostics.push(event.diagnostic);
      }
      if (event !== undefined) {
        props.onEvent?.(event);
      } else if (jsonDocument || !line.startsWith("{")) {
        plain.push(line);
      }
    }
  } finally {
    stopListening();
  }
  const result = await child;
  props.interruption.throwIfRequested();
  if (result.failed && !jsonDocument) {
    throw new TerraformFailed(doing, diagnostics, plain.slice(-LINES_KEPT).join("\n"));
  }
  return plain.join("\n");
}

export interface TerraformEnvironmentProps {
  /** The variables that lead to the emulated AWS. */
  readonly emulator: Readonly<Record<string, string>>;
  /** An empty file, in the place of the user's own AWS profiles. */
  readonly emptyFile: string;
  readonly pluginCache: string;
  /** Terraform's CLI configuration when a mirror is used. */
  readonly cliConfig?: string;
  /** Values of the stack's variables. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Terraform's environment for a local run. Nothing of the user's own AWS or Terraform settings is passed on: a local
 * run can reach the emulator and nothing else, whatever profile is active in the shell.
 */
export function terraformEnvironment(props: TerraformEnvironmentProps, env = process.env): NodeJS.ProcessEnv {
  const variables = Object.entries(props.variables).map(([name, value]) => [`TF_VAR_${name}`, value]);
  const config = props.cliConfig ?? env.TF_CLI_CONFIG_FILE;
  return {
    ...withoutTerraformSettings(env),
    ...props.emulator,
    AWS_CONFIG_FILE: props.emptyFile,
    AWS_SHARED_CREDENTIALS_FILE: props.emptyFile,
    TF_IN_AUTOMATION: "1",
    TF_PLUGIN_CACHE_DIR: props.pluginCache,
    // The folder is thrown away with everything in it: checksums of other platforms are of no use there.
    TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: "1",
    ...(config === undefined || !existsSync(config) ? {} : { TF_CLI_CONFIG_FILE: config }),
    ...Object.fromEntries(variables),
  };
}

function withoutTerraformSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isForeign = (name: string) => name.startsWith("AWS_") || name.startsWith("TF_");
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isForeign(name)));
}
