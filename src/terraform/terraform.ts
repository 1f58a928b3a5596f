import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import type { Interruption } from "../local/interruption.js";
import { LocalProblem } from "../local/problem.js";
import { readIfThere } from "../local/state-folder.js";
import { hideSecrets } from "../local/variables.js";
import { type Diagnostic, describeDiagnostic, parseEvent, type TerraformEvent } from "./events.js";
import type { Terraform } from "./find-terraform.js";

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
  if (
    /created by a newer provider version|state snapshot was created by|newer than (the )?current/i.test(said)
  ) {
    return "Use the version that wrote the local state, or start over with --fresh, which deletes its notes.";
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

/** Returns the AWS provider version that `terraform init` selected; undefined before an init. */
export function lockedProviderVersion(folder: string): string | undefined {
  const lock = readIfThere(join(folder, ".terraform.lock.hcl"));
  return /provider "[^"]*\/hashicorp\/aws" \{\s*version\s*=\s*"([^"]+)"/.exec(lock ?? "")?.[1];
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

/** Long enough to download a provider of 150 MB over a slow connection. */
const INIT_TIMEOUT_MS = 10 * 60_000;
/** Several times the duration of the largest environment on a slow machine. */
const RUN_TIMEOUT_MS = 20 * 60_000;
/** Time after SIGINT in which Terraform may save its state before it is killed. */
const KILL_AFTER_MS = 60_000;

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
  const limit = args[0] === "init" ? INIT_TIMEOUT_MS : RUN_TIMEOUT_MS;
  let hasTimedOut = false;
  const tooLate = setTimeout(() => {
    hasTimedOut = true;
    child.kill("SIGINT");
    killing = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
  }, limit);
  let killing: NodeJS.Timeout | undefined;
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
    clearTimeout(tooLate);
    clearTimeout(killing);
  }
  const result = await child;
  props.interruption.throwIfRequested();
  if (hasTimedOut) {
    throw new TerraformFailed(doing, diagnostics, `it did not end within ${limit / 60_000} minutes`);
  }
  if (result.failed && !jsonDocument) {
    throw new TerraformFailed(doing, diagnostics, plain.slice(-LINES_KEPT).join("\n"));
  }
  return plain.join("\n");
}
