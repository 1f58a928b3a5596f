import { Interrupted } from "./problem.js";

/** A process that can be told to stop. */
export interface Stoppable {
  kill(signal: NodeJS.Signals): boolean;
}

/** How a process that ends on a signal is reported to the shell: 128 and the signal's number. */
const EXIT_CODES: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGPIPE: 141,
  SIGTERM: 143,
};
/** npm passes on the Ctrl-C that the terminal has already sent: what comes this soon after is the same key press. */
const SAME_PRESS_MS = 500;
const WATCHED: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Ctrl-C and its relatives, as a value that can be handed to whoever has something to wind down. The first signal
 * asks for a good end: a running Terraform is interrupted once, so that it saves its state. A second one insists.
 */
export class Interruption {
  private readonly controller = new AbortController();
  private readonly running = new Set<Stoppable>();
  private readonly onFirst: (signal: NodeJS.Signals) => void;
  private readonly onAgain: (signal: NodeJS.Signals) => void;
  private lastRequest = Number.NEGATIVE_INFINITY;

  /**
   * @param onFirst is called once, to tell the user what is being waited for
   * @param onAgain is called for each further request
   */
  constructor(
    onFirst: (signal: NodeJS.Signals) => void = () => {},
    onAgain: (signal: NodeJS.Signals) => void = () => {},
  ) {
    this.onFirst = onFirst;
    this.onAgain = onAgain;
  }

  /** Aborted, with {@link Interrupted} as reason, at the first signal. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get requested(): boolean {
    return this.controller.signal.aborted;
  }

  /** Listens to the process's signals. @returns a function that stops listening */
  listen(): () => void {
    const request = (signal: NodeJS.Signals) => this.request(signal);
    for (const signal of WATCHED) {
      process.on(signal, request);
    }
    return () => {
      for (const signal of WATCHED) {
        process.off(signal, request);
      }
    };
  }

  request(signal: NodeJS.Signals, now = performance.now()): void {
    if (now - this.lastRequest < SAME_PRESS_MS) {
      return;
    }
    this.lastRequest = now;
    if (!this.requested) {
      this.onFirst(signal);
      this.controller.abort(new Interrupted(signal));
    } else {
      this.onAgain(signal);
    }
    for (const process of this.running) {
      process.kill("SIGINT");
    }
  }

  throwIfRequested(): void {
    this.controller.signal.throwIfAborted();
  }

  /** Passes every request on to a process as SIGINT. @returns a function that ends that */
  passTo(process: Stoppable): () => void {
    this.running.add(process);
    return () => this.running.delete(process);
  }
}

export function exitCodeOf({ signal }: Interrupted): number {
  return EXIT_CODES[signal] ?? 1;
}
