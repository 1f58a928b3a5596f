import { rmSync } from "node:fs";
import type { Emulator } from "@notejam/emulator";
import type { Terraform } from "../terraform/find-terraform.js";
import { terraformEnvironment } from "../terraform/process-environment.js";
import {
  apply,
  destroy,
  init,
  lockedProviderVersion,
  TerraformFailed,
  type TerraformRunProps,
} from "../terraform/terraform.js";
import type { Interruption } from "./interruption.js";
import type { PreparedStack } from "./prepare-stack.js";
import { LocalProblem } from "./problem.js";
import { type Progress, ResourceProgress, type Step } from "./progress.js";
import { hostedZonesLookedUp, seedHostedZones } from "./seed.js";
import { type StateFolder, writeWhole } from "./state-folder.js";

/** Seconds in flight are counted on while Terraform is silent. */
const TICK_MS = 1000;

export interface StackRunProps {
  readonly stack: PreparedStack;
  readonly folder: StateFolder;
  readonly emulator: Emulator;
  readonly terraform: Terraform;
  /** Terraform's CLI configuration when a mirror is used. */
  readonly cliConfig: string | undefined;
  readonly parallelism: number;
  readonly progress: Progress;
  readonly interruption: Interruption;
}

/**
 * Applies one stack to the emulated account. While it runs, a mark stands in the state folder; it stays when the
 * apply is cut short, and goes when it ends by itself.
 */
export async function applyStack(props: StackRunProps): Promise<void> {
  const { stack, folder, emulator, progress } = props;
  stack.record.forget();
  writeWhole(folder.applyingFile, `${stack.name}\n`);
  try {
    await progress.step(`Prepare Terraform for ${stack.name}`, async (step) => {
      const zones = await seedHostedZones(emulator.endpoint, hostedZonesLookedUp(stack.synthesized));
      for (const zone of zones) {
        step.note(`hosted zone ${zone} made, as a company has it before this platform`);
      }
      await init(terraformRun(props), stack.providerVersion);
      const version = lockedProviderVersion(stack.folder);
      if (version !== undefined) step.note(`AWS provider ${version}`);
    });
    const title = `Apply ${stack.name}`;
    await progress.step(title, (step) =>
      watched(title, step, (onEvent) => apply({ ...terraformRun(props), onEvent })),
    );
    await saveAccount(emulator);
  } catch (error) {
    if (error instanceof TerraformFailed) {
      // Terraform ended by itself: its state and the account agree.
      rmSync(folder.applyingFile, { force: true });
    }
    throw error;
  }
  stack.record.write(stack.fingerprint);
  rmSync(folder.applyingFile, { force: true });
}

/** Removes all that one stack made in the emulated account. */
export async function destroyStack(props: StackRunProps): Promise<void> {
  const { stack, progress } = props;
  stack.record.forget();
  const title = `Destroy ${stack.name}`;
  await progress.step(title, async (step) => {
    await init(terraformRun(props), stack.providerVersion);
    await watched(title, step, (onEvent) => destroy({ ...terraformRun(props), onEvent }));
  });
}

async function watched(
  title: string,
  step: Step,
  work: (onEvent: ResourceProgress["onEvent"]) => Promise<void>,
): Promise<void> {
  const resources = new ResourceProgress(title, step);
  const ticker = setInterval(() => resources.show(), TICK_MS);
  try {
    await work(resources.onEvent);
  } finally {
    clearInterval(ticker);
  }
}

async function saveAccount(emulator: Emulator): Promise<void> {
  try {
    await emulator.save();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LocalProblem(why, "Run the same command again; if the disk is full, free some space first.", {
      cause: error,
    });
  }
}

/** How Terraform is run for a stack: where, with which environment, and what it must not show. */
export function terraformRun(props: StackRunProps): TerraformRunProps {
  const { stack, folder, emulator, terraform, interruption, parallelism } = props;
  return {
    terraform,
    folder: stack.folder,
    stack: stack.name,
    env: terraformEnvironment({
      emulator: emulator.environment,
      emptyFile: folder.noProfiles,
      pluginCache: folder.pluginCache,
      variables: stack.variables,
      ...(props.cliConfig === undefined ? {} : { cliConfig: props.cliConfig }),
    }),
    secrets: stack.secrets,
    interruption,
    parallelism,
  };
}
