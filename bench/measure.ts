import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Cost of one run of a program. */
export interface Cost {
  readonly wallSeconds: number;
  /** User and system time of the program and its children; undefined if the machine cannot measure it. */
  readonly cpuSeconds: number | undefined;
  /** Peak resident memory of its largest process, in MiB; undefined if the machine cannot measure it. */
  readonly peakMib: number | undefined;
}

export interface MeasureOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

const GNU_TIME = "/usr/bin/time";
/** Interval for reading a process's memory without GNU time. The kernel records the peak, so few samples suffice. */
const LOOK_EVERY_MS = 20;
const OUTPUT_KEPT = 4000;

/** Describes how costs are measured on this machine, for the report. */
export function method(): string {
  if (hasGnuTime()) {
    return "wall, CPU and peak memory by GNU time (memory: the largest single process)";
  }
  return existsSync("/proc/self/status")
    ? "wall by Node; peak memory from /proc (largest process, sampled every 20 ms); no CPU time without GNU time"
    : "wall by Node only: no GNU time and no /proc here";
}

/**
 * Runs a program and measures its cost.
 *
 * @throws Error with the end of the program's output if it fails
 */
export async function measure(command: readonly string[], options: MeasureOptions): Promise<Cost> {
  return hasGnuTime() ? measureWithTime(command, options) : measureByLooking(command, options);
}

let gnuTime: boolean | undefined;
function hasGnuTime(): boolean {
  // The macOS program with this name does not support -f and -o.
  gnuTime ??= process.platform === "linux" && existsSync(GNU_TIME);
  return gnuTime;
}

async function measureWithTime(command: readonly string[], options: MeasureOptions): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), "notejam-bench-"));
  const file = join(folder, "time");
  try {
    await run([GNU_TIME, "-f", "%e %U %S %M", "-o", file, ...command], options);
    const [wall = 0, user = 0, system = 0, peakKib = 0] = readFileSync(file, "utf8")
      .trim()
      .split(" ")
      .map(Number);
    return { wallSeconds: wall, cpuSeconds: user + system, peakMib: peakKib / 1024 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureByLooking(command: readonly string[], options: MeasureOptions): Promise<Cost> {
  let peakKib = 0;
  const started = performance.now();
  await run(command, options, (pid) => {
    for (const each of withDescendants(pid)) {
      peakKib = Math.max(peakKib, peakOf(each));
    }
  });
  return {
    wallSeconds: (performance.now() - started) / 1000,
    cpuSeconds: undefined,
    peakMib: peakKib === 0 ? undefined : peakKib / 1024,
  };
}

async function run(
  [program = "", ...args]: readonly string[],
  { cwd, env }: MeasureOptions,
  look?: (pid: number) => void,
): Promise<void> {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      output = (output + data.toString()).slice(-OUTPUT_KEPT);
    });
  }
  const { pid } = child;
  const looking = look && pid ? setInterval(() => look(pid), LOOK_EVERY_MS) : undefined;
  try {
    const [code] = await once(child, "close");
    if (code !== 0) {
      throw new Error(`\`${[program, ...args].join(" ")}\` exited with ${code}:\n${output}`);
    }
  } finally {
    clearInterval(looking);
  }
}

function withDescendants(pid: number): number[] {
  if (!existsSync("/proc/self/status")) {
    return [];
  }
  const tasks = `/proc/${pid}/task`;
  try {
    const children = readdirSync(tasks).flatMap((task) =>
      readFileSync(`${tasks}/${task}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
    );
    return [pid, ...children.flatMap(withDescendants)];
  } catch {
    return [];
  }
}

function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
