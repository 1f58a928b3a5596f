import type { Interruption } from "./interruption.js";
import type { Part } from "./machine.js";
import type { Progress } from "./progress.js";
import type { StateFolder } from "./state-folder.js";

/** Options of a local run. */
export interface LocalRunProps {
  /** Project folder with `cdktf.json`. */
  readonly projectFolder: string;
  readonly folder: StateFolder;
  /** Names of environments: `dev`. */
  readonly environments: readonly string[];
  /** Parts without which the run fails. */
  readonly required: readonly Part[];
  /** Install moto into the state folder and prefer it to other installations. */
  readonly installEmulator: boolean;
  /** True if the run may prompt on the terminal. */
  readonly interactive: boolean;
  /**
   * The emulator's port on the loopback interface.
   *
   * @default a free one
   */
  readonly port?: number;
  /** Start from an empty account. */
  readonly fresh: boolean;
  /** Plan again even if nothing changed since the last complete apply. */
  readonly check: boolean;
  /** End when everything runs instead of staying until Ctrl-C. */
  readonly once: boolean;
  /** Run Notejam too. */
  readonly application: boolean;
  /**
   * Notejam's port on the loopback interface; 0 for a free one.
   *
   * @default the pod's port, or a free one if that is taken
   */
  readonly applicationPort?: number;
  /** Operations that Terraform runs at once. */
  readonly parallelism: number;
  readonly progress: Progress;
  readonly interruption: Interruption;
  readonly print: (line: string) => void;
  /** Prints an error that does not end the run. */
  readonly warn: (error: unknown) => void;
}
