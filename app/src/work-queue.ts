/** Too many tasks are waiting. */
export class Overloaded extends Error {
  override readonly name = "Overloaded";
}

/** Limits how many tasks run and wait at once and rejects the rest. */
export class WorkQueue {
  readonly #atOnce: number;
  readonly #longest: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /**
   * @param atOnce maximum number of running tasks
   * @param longest maximum number of waiting tasks
   */
  constructor(atOnce: number, longest: number) {
    this.#atOnce = atOnce;
    this.#longest = longest;
  }

  /** Runs a task when a slot is free. @throws {Overloaded} if the queue is full */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#atOnce) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= this.#longest) throw new Overloaded("Too many tasks are waiting");
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Hands the slot to the task that waited longest, so that no new task overtakes it. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running -= 1;
  }
}
