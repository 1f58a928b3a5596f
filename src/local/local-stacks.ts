import { cliConfigFor } from "../terraform/provider-mirror.js";
import { synthesize } from "../terraform/synthesize-app.js";
import type { SynthesizedStack } from "../terraform/synthesized-stacks.js";
import type { AccountProps } from "./account.js";
import type { LocalRunProps } from "./local-run-props.js";
import { takeLock } from "./lock.js";
import type { AwsTools } from "./machine.js";
import { type PreparedStack, prepareStack, STACK_PREFIX, stacksOf } from "./prepare-stack.js";
import { writeWhole } from "./state-folder.js";

/**
 * Prepares and locks the state folder for some work.
 *
 * @param work receives true if the last run ended without releasing the lock
 */
export async function inStateFolder<T>(
  { folder }: LocalRunProps,
  work: (wasKilled: boolean) => Promise<T>,
): Promise<T> {
  folder.prepare();
  const lock = takeLock(folder.lockFile);
  try {
    return await work(lock.wasAbandoned);
  } finally {
    lock.release();
  }
}

/** Synthesizes all stacks and returns those of the chosen environments. */
export async function synthesizeStacks({
  projectFolder,
  folder,
  progress,
  interruption,
  environments,
}: LocalRunProps): Promise<SynthesizedStack[]> {
  const stacks = await progress.step("Synthesize the stacks", async (step) => {
    const all = await synthesize({ projectFolder, out: folder.out, signal: interruption.signal });
    step.note(`${all.length} stacks: ${all.map(({ name }) => name).join(", ")}`);
    return all;
  });
  return stacksOf(environments, stacks);
}

/** Prepares the stacks for the emulated account. Prints the resources that are left out. */
export function prepareStacks(
  { folder, print }: LocalRunProps,
  { provider, terraform }: AwsTools,
  stacks: readonly SynthesizedStack[],
): PreparedStack[] {
  const mirror = provider.kind === "mirror" ? provider.mirror : undefined;
  const prepared = stacks.map((stack) =>
    prepareStack({ stack, folder, mirror, terraformVersion: terraform.version }),
  );
  for (const note of prepared.flatMap(({ leftOut }) => leftOut)) print(note);
  return prepared;
}

/** Returns the options of the emulated account. Writes Terraform's CLI configuration if a mirror is used. */
export function accountProps(
  { folder, port, check, parallelism, progress, interruption, print }: LocalRunProps,
  tools: AwsTools,
): AccountProps {
  const { provider } = tools;
  if (provider.kind === "mirror") writeWhole(folder.cliConfig, cliConfigFor(provider.mirror));
  const cliConfig = provider.kind === "mirror" ? folder.cliConfig : undefined;
  return { folder, port, check, parallelism, progress, interruption, print, tools, cliConfig };
}

/** Returns the environment of a stack: `dev` for `notejam-dev`. */
export function environmentOf(stack: string): string {
  return stack.startsWith(STACK_PREFIX) ? stack.slice(STACK_PREFIX.length) : stack;
}
