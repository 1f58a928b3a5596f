import { rmSync } from "node:fs";
import type { Emulator } from "@notejam/emulator";
import type { Terraform } from "../terraform/find-terraform.js";
import { terraformEnvironment } from "../terraform/process-environment.js";
import {
  apply,
  destroy,
  init,
  lockedProviderVersion,
  TerraformError,
  type TerraformRunProps,
} from "../terraform/terraform.js";
import { UserError } from "../user-error.js";
import type { Interruption } from "./interruption.js";
import type { PreparedStack } from "./prepare-stack.js";
import { type Progress, ResourceProgress, type Step } from "./progress.js";
import { hostedZonesLookedUp, seedHostedZones } from "./seed.js";
import { type StateFolder, writeWhole } from "./state-folder.js";

/** Interval at which the durations of running operations are updated. */
const TICK_MS = 1000;

export interface StackRunProps {
  readonly stack: PreparedStack;
  readonly folder: StateFolder;
  readonly emulator: Emulator;
  readonly terraform: Terraform;
  /** Terraform's CLI configuration; undefined without a provider mirror. */
  readonly cliConfig: string | undefined;
  readonly parallelism: number;
  readonly progress: Progress;
  readonly interruption: Interruption;
}

/**
 * Applies a stack to the emulated account. The state folder contains a marker file during the apply. After an
 * interruption the marker remains.
 *
 * @throws TerraformError if the apply fails
 */
export async function applyStack(props: StackRunProps): Promise<void> {
  const { stack, folder, emulator, progress } = props;
  stack.record.forget();
  writeWhole(folder.applyingFile, `${stack.name}\n`);
  try {
    await progress.step(`Prepare Terraform for ${stack.name}`, async (step) => {
      const zones = await seedHostedZones(emulator.endpoint, hostedZonesLookedUp(stack.synthesized));
      for (const zone of zones) {
        step.note(`created the hosted zone ${zone}, which must exist before the stack`);
      }
      await init(terraformRun(props), stack.providerVersion);
      const version = lockedProviderVersion(stack.folder);
      if (version !== undefined) step.note(`AWS provider ${version}`);
    });
    const title = `Apply ${stack.name}`;
    await progress.step(title, (step) =>
      withProgress(title, step, (onEvent) => apply({ ...terraformRun(props), onEvent })),
    );
    await saveAccount(emulator);
  } catch (error) {
    if (error instanceof TerraformError) {
      // Terraform ended by itself: its state matches the account.
      rmSync(folder.applyingFile, { force: true });
    }
    throw error;
  }
  stack.record.write(stack.fingerprint);
  rmSync(folder.applyingFile, { force: true });
}

/** Destroys a stack's resources in the emulated account. */
export async function destroyStack(props: StackRunProps): Promise<void> {
  const { stack, progress } = props;
  stack.record.forget();
  const title = `Destroy ${stack.name}`;
  await progress.step(title, async (step) => {
    await init(terraformRun(props), stack.providerVersion);
    await withProgress(title, step, (onEvent) => destroy({ ...terraformRun(props), onEvent }));
  });
}

async function withProgress(
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
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(reason, {
      hint: "Run the same command again; if the disk is full, free some space first.",
      cause: error,
    });
  }
}

/** Returns the options of a Terraform run for a stack. */
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
