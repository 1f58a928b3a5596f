import { execa } from "execa";
import { hideSecrets } from "./secrets.js";

/** Request to stop, such as Ctrl-C, that is passed on to a running Terraform. */
export interface Interruption {
  /** Throws if the request was made. */
  throwIfRequested(): void;
  /** Sends SIGINT to a process for each request. @returns a function that ends that */
  passTo(process: { kill(signal: NodeJS.Signals): boolean }): () => void;
}

export interface TerraformProcessProps {
  /** Program: `terraform`, `tofu`, or a path. */
  readonly binary: string;
  readonly args: readonly string[];
  /** Working directory. @default that of this process */
  readonly folder?: string;
  /** Whole environment. Nothing is inherited. */
  readonly env: NodeJS.ProcessEnv;
  /**
   * Request to stop. With it, Terraform runs in a separate process group: a Ctrl-C in the terminal reaches only this
   * process, which passes it on exactly once. A second SIGINT makes Terraform exit without saving its state.
   *
   * @default none: Terraform gets the terminal's Ctrl-C itself
   */
  readonly interruption?: Interruption;
  /** Limit in milliseconds, after which Terraform gets SIGINT. @default none */
  readonly timeLimitMs?: number;
  /** Milliseconds between SIGINT and SIGKILL, in which Terraform may save its state. @default 60,000 */
  readonly killAfterMs?: number;
  /** Texts that are replaced in each line. @default none */
  readonly secrets?: readonly string[];
  /** Receives each line of standard output and standard error. */
  readonly onLine?: (line: string) => void;
}

/** End of a Terraform process. */
export interface TerraformExit {
  /** True if the exit status is 0. */
  readonly ok: boolean;
  /** True if the program does not exist. */
  readonly isMissing: boolean;
  /** True if the time limit was exceeded. */
  readonly hasTimedOut: boolean;
}

const SAVE_STATE_MS = 60_000;

/**
 * Runs Terraform without a terminal and waits for its end. The only place that starts Terraform, together with
 * {@link runInTerminal}.
 *
 * @throws the interruption's error if a stop was requested before or during the run
 */
export async function runTerraform({
  binary,
  args,
  folder,
  env,
  interruption,
  timeLimitMs,
  killAfterMs = SAVE_STATE_MS,
  secrets = [],
  onLine,
}: TerraformProcessProps): Promise<TerraformExit> {
  interruption?.throwIfRequested();
  const child = execa(binary, args, {
    cwd: folder,
    env,
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    buffer: false,
    all: true,
    detached: interruption !== undefined,
  });
  const stopPassing = interruption?.passTo(child);
  const limit = limitTime(child, timeLimitMs, killAfterMs);
  try {
    for await (const line of child.iterable({ from: "all" })) onLine?.(hideSecrets(line, secrets));
  } finally {
    stopPassing?.();
    limit.end();
  }
  const { failed, code } = await child;
  interruption?.throwIfRequested();
  return { ok: !failed, isMissing: code === "ENOENT", hasTimedOut: limit.isExceeded() };
}

/** Sends SIGINT after the limit and SIGKILL later. */
function limitTime(
  child: { kill(signal: NodeJS.Signals): boolean },
  limitMs: number | undefined,
  killAfterMs: number,
): { isExceeded: () => boolean; end: () => void } {
  let isExceeded = false;
  let killing: NodeJS.Timeout | undefined;
  const interrupt = () => {
    isExceeded = true;
    child.kill("SIGINT");
    killing = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  };
  const waiting = limitMs === undefined ? undefined : setTimeout(interrupt, limitMs);
  return {
    isExceeded: () => isExceeded,
    end: () => {
      clearTimeout(waiting);
      clearTimeout(killing);
    },
  };
}

/**
 * Runs Terraform with the user's terminal and environment: it may prompt, and its output is not changed.
 *
 * @throws the process's error if it does not end with status 0
 */
export async function runInTerminal({
  binary,
  args,
  folder,
}: Required<Pick<TerraformProcessProps, "binary" | "args" | "folder">>): Promise<void> {
  await execa(binary, args, { cwd: folder, stdio: "inherit" });
}
