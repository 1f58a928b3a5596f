const MB = 1_000_000;
/** How often a line is written where it cannot be written over, in milliseconds. */
const LINE_INTERVAL = 10_000;
const REDRAW_INTERVAL = 100;

/** Where progress is shown: standard error, or a part of it in tests. */
export interface ProgressOutput {
  write(text: string): void;
  readonly isTTY?: boolean;
}

/** Says on standard error what is going on: one line that changes on a terminal, a line now and then elsewhere. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #startedAt = performance.now();
  #shownAt = Number.NEGATIVE_INFINITY;
  #drawn = false;

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  /** Begins a step. */
  step(text: string): void {
    this.#erase();
    this.#output.write(`${text}\n`);
    this.#shownAt = performance.now();
  }

  /** Tells how far a step is. @param total - bytes in all; undefined: not known */
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

  /** Ends the line that changes. */
  end(): void {
    this.#erase();
  }

  #erase(): void {
    if (this.#drawn) this.#output.write("\r\u001b[K");
    this.#drawn = false;
  }
}
