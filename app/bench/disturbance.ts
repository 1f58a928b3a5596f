import { availableParallelism } from "node:os";
import { cpuOf, cpuOfFamily, cpuOfMachine } from "../e2e/process-usage.js";

/** Measures the CPU usage of other programs, which limits the accuracy of all figures. */
export class Disturbance {
  readonly #ours: () => number;
  readonly #start = { at: performance.now(), all: cpuOfMachine(), ours: 0 };

  /** @param pids the processes that belong to the measurement, with all that they started */
  constructor(...pids: number[]) {
    this.#ours = () => pids.reduce((sum, pid) => sum + cpuOfFamily(pid), cpuOf(process.pid));
    this.#start.ours = this.#ours();
  }

  /** Fraction of all processors, in percent. */
  percent(): number {
    const others = cpuOfMachine() - this.#start.all - (this.#ours() - this.#start.ours);
    return Math.max(0, (others / (performance.now() - this.#start.at) / availableParallelism()) * 100);
  }
}
