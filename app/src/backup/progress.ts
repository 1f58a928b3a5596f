const MB = 1_000_000;
/** Interval between lines if the output is not a terminal, in milliseconds. */
const LINE_INTERVAL = 10_000;
const REDRAW_INTERVAL = 100;

/** Output for progress: standard error, or a stub in tests. */
export interface ProgressOutput {
  write(text: string): void;
  readonly isTTY?: boolean;
}

/** Reports progress: one updated line on a terminal, otherwise a line at intervals. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #startedAt = performance.now();
  #shownAt = Number.NEGATIVE_INFINITY;
  #drawn = false;

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  /** Starts a step. */
  step(text: string): void {
    this.#erase();
    this.#output.write(`${text}\n`);
    this.#shownAt = performance.now();
  }

  /** Reports the progress of a step. @param total - total in bytes; undefined: unknown */
  bytes(what: string, done: number, total?: number): void {
    const now = performance.now();
    const interval = this.#output.isTTY ? REDRAW_INTERVAL : LINE_INTERVAL;
    if (now - this.#shownAt < interval) return;
    this.#shownAt = now;
    const seconds = (now - this.#startedAt) / 1000;
    const share = total ? ` of ${(total / MB).toFixed(1)} MB (${Math.floor((done / total) * 100)} %)` : " MB";
    const line = `${what}: ${(done / MB).toFixed(1)}${share}, ${seconds.toFixed(0)} s`;
    if (this.#output.isTTY) {
      this.#output.write(`\r\u001b[K${line}`);
      this.#drawn = true;
    } else this.#output.write(`${line}\n`);
  }

  /** Clears the updated line. */
  end(): void {
    this.#erase();
  }

  #erase(): void {
    if (this.#drawn) this.#output.write("\r\u001b[K");
    this.#drawn = false;
  }
}
