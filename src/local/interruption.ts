import type { Interruption as ProcessInterruption } from "../terraform/process.js";

/** A stop was requested (Ctrl-C or a signal). The results so far are kept. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`Stopped by ${signal}.`);
    this.signal = signal;
  }
}

/** Process that can receive signals. */
export interface Stoppable {
  kill(signal: NodeJS.Signals): boolean;
}

/** Exit statuses of a process that a signal ended: 128 plus the number of the signal. */
const EXIT_CODES: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGPIPE: 141,
  SIGTERM: 143,
};
/** npm forwards a Ctrl-C that the terminal also sends. Signals within this time belong to the same key press. */
const SAME_PRESS_MS = 500;
const WATCHED: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Request to stop by Ctrl-C or a signal. At the first one, running processes get SIGINT once, so that Terraform saves its
 * state. A second one forces the end.
 */
export class Interruption implements ProcessInterruption {
  private readonly controller = new AbortController();
  private readonly running = new Set<Stoppable>();
  private readonly onFirst: (signal: NodeJS.Signals) => void;
  private readonly onAgain: (signal: NodeJS.Signals) => void;
  private lastRequest = Number.NEGATIVE_INFINITY;

  /**
   * @param onFirst called at the first request
   * @param onAgain called at each further request
   */
  constructor(
    onFirst: (signal: NodeJS.Signals) => void = () => {},
    onAgain: (signal: NodeJS.Signals) => void = () => {},
  ) {
    this.onFirst = onFirst;
    this.onAgain = onAgain;
  }

  /** Aborted at the first request, with {@link Interrupted} as reason. */
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

  /** Sends SIGINT to a process for each request. @returns a function that ends that */
  passTo(process: Stoppable): () => void {
    this.running.add(process);
    return () => this.running.delete(process);
  }
}

export function exitCodeOf({ signal }: Interrupted): number {
  return EXIT_CODES[signal] ?? 1;
}
