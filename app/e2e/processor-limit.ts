import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";

const ROOT = "/sys/fs/cgroup";

/**
 * CFS period in microseconds: the longest that Linux supports. A pod with a CPU request and no limit, like ours, runs
 * at the full speed of the machine and is limited only on average.
 */
const PERIOD = 1_000_000;

let number = 0;

/**
 * Control group whose processes together get at most a fraction of a CPU on average, even on an idle machine. Unused
 * time of one period can be used in the next. Linux only.
 */
export class ProcessorLimit {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Makes a group.
   *
   * @param millicores thousandths of a processor
   * @returns undefined if this user may not create control groups
   */
  static of(millicores: number): ProcessorLimit | undefined {
    const quota = Math.round((PERIOD * millicores) / 1000);
    number += 1;
    const name = `notejam-${process.pid}-${number}`;
    return existsSync(path.join(ROOT, "cgroup.controllers"))
      ? ProcessorLimit.#make(path.join(ROOT, name), {
          "cpu.max": `${quota} ${PERIOD}`,
          "cpu.max.burst": `${quota}`,
        })
      : ProcessorLimit.#make(path.join(ROOT, "cpu", name), {
          "cpu.cfs_period_us": `${PERIOD}`,
          "cpu.cfs_quota_us": `${quota}`,
          "cpu.cfs_burst_us": `${quota}`,
        });
  }

  static #make(folder: string, settings: Readonly<Record<string, string>>): ProcessorLimit | undefined {
    try {
      mkdirSync(folder);
    } catch {
      return undefined;
    }
    const limit = new ProcessorLimit(folder);
    try {
      for (const [file, value] of Object.entries(settings)) writeFileSync(path.join(folder, file), value);
      return limit;
    } catch {
      limit.remove();
      return undefined;
    }
  }

  /** Moves a process, with all of its threads, into the group. */
  hold(pid: number): void {
    writeFileSync(path.join(this.#folder, "cgroup.procs"), `${pid}`);
  }

  /** Removes the group, whose processes must have ended. */
  remove(): void {
    rmdirSync(this.#folder);
  }
}
