import { readdirSync, readFileSync } from "node:fs";

/** Linux reports CPU time in hundredths of a second, independent of the kernel's timer frequency. */
const MS_PER_TICK = 10;

function stat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in brackets, may itself contain blanks.
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** Returns the CPU time of a process so far, including its ended children, in milliseconds. */
export function cpuOf(pid: number): number {
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = (stat(pid) ?? []).slice(11, 15).map(Number);
  return (user + system + childUser + childSystem) * MS_PER_TICK;
}

/** Returns the CPU time of a process and all its descendants, in milliseconds. */
export function cpuOfFamily(parent: number): number {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => stat(pid)?.[1] === String(parent));
  return children.reduce((sum, pid) => sum + cpuOf(pid), cpuOf(parent));
}

/** Memory that a process holds in RAM, in megabytes. */
export function residentMemory(pid: number): number {
  return memoryLine(pid, "VmRSS");
}

/** Returns the peak resident memory of a process, in megabytes. */
export function peakMemory(pid: number): number {
  return memoryLine(pid, "VmHWM");
}

function memoryLine(pid: number, name: string): number {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1]) / 1024;
}

/** Processor time that all programs of the machine used so far, in milliseconds. */
export function cpuOfMachine(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] =
    readFileSync("/proc/stat", "utf8").split("\n", 1)[0]?.split(/\s+/).map(Number) ?? [];
  return (user + nice + system + irq + softIrq + steal) * MS_PER_TICK;
}
