import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Diagnostic } from "../diagnostic.js";
import { UserError } from "../user-error.js";
import { diagnosticOf, outputDiagnostic } from "./diagnostics.js";
import { parseEvent, type TerraformEvent } from "./events.js";
import type { Terraform } from "./find-terraform.js";
import { type Interruption, runTerraform } from "./process.js";

/** Terraform ended with errors. The diagnostics have the resource addresses. */
export class TerraformError extends UserError {
  /**
   * @param action the failed action and its stack: "apply notejam-dev"
   * @param diagnostics Terraform's errors
   */
  constructor(action: string, diagnostics: readonly Diagnostic[]) {
    super(`Terraform could not ${action}.`, {
      hint: hintFor(diagnostics.map(({ summary, reason = "" }) => `${summary} ${reason}`).join("\n")),
      diagnostics,
    });
  }
}

function hintFor(errors: string): string {
  if (/no space left on device/i.test(errors)) {
    return "Free some space on that disk, then run the same command again.";
  }
  if (
    /created by a newer provider version|state snapshot was created by|newer than (the )?current/i.test(
      errors,
    )
  ) {
    return "Use the version that wrote the local state, or start over with --fresh, which deletes its notes.";
  }
  if (/query available provider packages|install(ing)? provider|registry/i.test(errors)) {
    return "Check the connection to https://registry.terraform.io, or set TF_PLUGIN_MIRROR to a filesystem mirror.";
  }
  return "Correct the errors, then run the same command again: the resources created so far are kept.";
}

export interface TerraformRunProps {
  readonly terraform: Terraform;
  /** Folder of the stack's `cdk.tf.json`. */
  readonly folder: string;
  /** Name of the stack, for messages. */
  readonly stack: string;
  /** Terraform's whole environment (`terraformEnvironment`). */
  readonly env: NodeJS.ProcessEnv;
  /** Texts that are hidden in events and messages. */
  readonly secrets: readonly string[];
  readonly interruption: Interruption;
  /** @default events are not reported */
  readonly onEvent?: (event: TerraformEvent) => void;
  /** Number of concurrent operations. */
  readonly parallelism: number;
}

/** After its start was killed, a Terraform takes a moment to end, and locks the state until then. */
const LOCK_TIMEOUT = "-lock-timeout=60s";

/** Numbers of planned changes. */
export interface PlanResult {
  readonly add: number;
  readonly change: number;
  readonly remove: number;
}

/**
 * Runs `terraform init`: configures the backend and installs the provider. Deletes a lock file of another provider
 * version, because the override pins the version.
 */
export async function init(props: TerraformRunProps, providerVersion: string | undefined): Promise<void> {
  const lockFile = join(props.folder, ".terraform.lock.hcl");
  const isPinned = providerVersion !== undefined && existsSync(lockFile);
  if (isPinned && !readFileSync(lockFile, "utf8").includes(`"${providerVersion}"`)) {
    rmSync(lockFile);
  }
  await run(props, `prepare ${props.stack}`, ["init", "-input=false", "-reconfigure", "-json"]);
}

/** Returns the AWS provider version that `terraform init` selected; undefined before an init. */
export function lockedProviderVersion(folder: string): string | undefined {
  const file = join(folder, ".terraform.lock.hcl");
  const lock = existsSync(file) ? readFileSync(file, "utf8") : "";
  return /provider "[^"]*\/hashicorp\/aws" \{\s*version\s*=\s*"([^"]+)"/.exec(lock)?.[1];
}

/** Validates the configuration against the provider's schema. */
export async function validate(props: TerraformRunProps): Promise<void> {
  const lines: string[] = [];
  const args = ["validate", "-json"];
  const { hasTimedOut } = await execute(props, args, (line) => lines.push(line));
  if (hasTimedOut) throw timeoutError(`validate ${props.stack}`, props.stack, args, []);
  const output = lines.join("\n");
  const { diagnostics } = z.object({ diagnostics: z.array(z.unknown()) }).parse(JSON.parse(output));
  if (diagnostics.length > 0) {
    throw new TerraformError(`validate ${props.stack}`, [outputDiagnostic(output, props.stack)]);
  }
}

/**
 * Plans the changes and counts them.
 *
 * @param planFile file for the plan. @default the plan is not saved
 */
export async function plan(props: TerraformRunProps, planFile?: string): Promise<PlanResult> {
  let result: PlanResult = { add: 0, change: 0, remove: 0 };
  const onEvent = (event: TerraformEvent) => {
    if (event.type === "change_summary") result = event.changes;
    props.onEvent?.(event);
  };
  const out = planFile === undefined ? [] : [`-out=${planFile}`];
  const args = ["plan", "-input=false", "-json", LOCK_TIMEOUT, parallel(props), ...out];
  await run({ ...props, onEvent }, `plan ${props.stack}`, args);
  return result;
}

/** Plans and applies in one run. */
export async function apply(props: TerraformRunProps): Promise<void> {
  const args = ["apply", "-auto-approve", "-input=false", "-json", LOCK_TIMEOUT, parallel(props)];
  await run(props, `apply ${props.stack}`, args);
}

/** Destroys all resources in the stack's state. */
export async function destroy(props: TerraformRunProps): Promise<void> {
  const args = ["destroy", "-auto-approve", "-input=false", "-json", LOCK_TIMEOUT, parallel(props)];
  await run(props, `destroy ${props.stack}`, args);
}

function parallel({ parallelism }: TerraformRunProps): string {
  return `-parallelism=${parallelism}`;
}

/** Enough to download a provider of 150 MB over a slow connection. */
const INIT_TIMEOUT_MS = 10 * 60_000;
/** Several times the duration of the largest environment on a slow machine. */
const RUN_TIMEOUT_MS = 20 * 60_000;

/** Lines of plain text that are kept for the message of a Terraform that ends without a diagnostic. */
const LINES_KEPT = 20;

/** @throws TerraformError if Terraform fails */
async function run(props: TerraformRunProps, action: string, args: readonly string[]): Promise<void> {
  const { stack, onEvent } = props;
  const diagnostics: Diagnostic[] = [];
  const plain: string[] = [];
  const { ok, hasTimedOut } = await execute(props, args, (line) => {
    const event = parseEvent(line);
    if (event?.type === "diagnostic") diagnostics.push(diagnosticOf(event.diagnostic, stack));
    if (event !== undefined) onEvent?.(event);
    else if (!line.startsWith("{")) plain.push(line);
  });
  if (ok && !hasTimedOut) return;
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (hasTimedOut) throw timeoutError(action, stack, args, errors);
  const output = plain.slice(-LINES_KEPT).join("\n");
  throw new TerraformError(action, errors.length > 0 ? errors : [outputDiagnostic(output, stack)]);
}

function timeoutError(
  action: string,
  stack: string,
  args: readonly string[],
  errors: readonly Diagnostic[],
): TerraformError {
  const minutes = limitOf(args) / 60_000;
  return new TerraformError(action, [
    ...errors,
    outputDiagnostic(`It did not end within ${minutes} minutes.`, stack),
  ]);
}

function execute(
  { terraform, folder, env, interruption, secrets }: TerraformRunProps,
  args: readonly string[],
  onLine: (line: string) => void,
): ReturnType<typeof runTerraform> {
  return runTerraform({
    binary: terraform.binary,
    args,
    folder,
    env,
    interruption,
    secrets,
    timeLimitMs: limitOf(args),
    onLine,
  });
}

function limitOf([command]: readonly string[]): number {
  return command === "init" ? INIT_TIMEOUT_MS : RUN_TIMEOUT_MS;
}
