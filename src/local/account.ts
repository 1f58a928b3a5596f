import { type Emulator, startEmulator } from "@notejam/emulator";
import { TerraformError } from "../terraform/terraform.js";
import { applyStack, destroyStack, type StackRunProps } from "./apply-stack.js";
import { withUserErrors } from "./emulator-error.js";
import type { Interruption } from "./interruption.js";
import type { AwsTools } from "./machine.js";
import type { PreparedStack } from "./prepare-stack.js";
import type { Progress } from "./progress.js";
import type { StateFolder } from "./state-folder.js";

export interface AccountProps {
  readonly folder: StateFolder;
  /** The emulator's port on the loopback interface. @default a free one */
  readonly port?: number | undefined;
  /** Plan again even if nothing changed since the last complete apply. */
  readonly check: boolean;
  /** Operations that Terraform runs at once. */
  readonly parallelism: number;
  readonly tools: AwsTools;
  /** Terraform's CLI configuration when a mirror is used. */
  readonly cliConfig: string | undefined;
  readonly progress: Progress;
  readonly interruption: Interruption;
  readonly print: (line: string) => void;
}

/** Emulated AWS account. Its contents are saved when it stops. */
export class Account {
  private readonly props: AccountProps;
  private running: Emulator;

  private constructor(props: AccountProps, running: Emulator) {
    this.props = props;
    this.running = running;
  }

  static async start(props: AccountProps): Promise<Account> {
    return new Account(props, await start(props));
  }

  /** Current emulator. {@link apply} may restart it. */
  get emulator(): Emulator {
    return this.running;
  }

  async stop(): Promise<void> {
    await this.running.stop();
  }

  /**
   * Applies the stacks that changed since their last apply. An interrupted apply can leave resources in the account
   * that are missing from the Terraform state. If an apply then fails, restores the account from before the interrupted
   * run and applies again.
   *
   * @param isCutShort true if the last run was interrupted during an apply
   */
  async apply(stacks: readonly PreparedStack[], isCutShort: boolean): Promise<void> {
    try {
      await this.applyChanged(stacks);
    } catch (error) {
      if (!isCutShort || !(error instanceof TerraformError)) throw error;
      this.props.print(
        "The apply failed after an interrupted run: restoring the account from before that run.",
      );
      await this.running.stop();
      this.props.folder.returnToRestorePoint();
      this.running = await start(this.props);
      await this.applyChanged(stacks);
    }
  }

  /** Destroys the resources of a stack. */
  async destroy(stack: PreparedStack): Promise<void> {
    await destroyStack(this.runOf(stack));
  }

  private async applyChanged(stacks: readonly PreparedStack[]): Promise<void> {
    const { interruption, check, print } = this.props;
    for (const stack of stacks) {
      interruption.throwIfRequested();
      const since = stack.record.appliedAt(stack.fingerprint);
      if (since === undefined || check) {
        await applyStack(this.runOf(stack));
      } else {
        const when = since.toISOString().slice(0, 16).replace("T", " ");
        print(
          `${stack.name} is unchanged since it was applied (${when} UTC): not planned again (--check does).`,
        );
      }
    }
  }

  private runOf(stack: PreparedStack): StackRunProps {
    const { folder, parallelism, progress, interruption, cliConfig, tools } = this.props;
    const { terraform } = tools;
    return {
      stack,
      folder,
      emulator: this.running,
      terraform,
      cliConfig,
      parallelism,
      progress,
      interruption,
    };
  }
}

async function start({ folder, port, progress, tools }: AccountProps): Promise<Emulator> {
  return progress.step("Start the emulated AWS", async (step) => {
    const [damaged] = folder.damagedStates();
    if (damaged !== undefined) {
      const aside = folder.setAccountAside();
      step.note(
        `starting with an empty account, because ${folder.terraformState(damaged)} is damaged. The old account was moved to ${aside}`,
      );
    }
    const hadStates = folder.terraformStates().length > 0;
    const starting = startEmulator({
      stateFile: folder.emulatorState,
      logFile: folder.emulatorLog,
      installation: tools.emulator,
      ...(port === undefined ? {} : { port }),
    });
    const emulator = await withUserErrors(starting);
    if (hadStates && !emulator.restored) {
      const aside = folder.setAccountAside();
      const reason = emulator.whyNotRestored.replace(folder.account, aside);
      step.note(
        `starting with an empty account, because the old one cannot be restored: ${reason}. The old account was moved to ${aside}`,
      );
    }
    step.note(`account ${emulator.account} at ${emulator.endpoint}`);
    return emulator;
  });
}
