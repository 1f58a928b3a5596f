import { readdirSync, readFileSync } from "node:fs";
import type { PostgresServer } from "./postgres-server.js";

/** Child processes of a process. */
function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, "utf8");
        return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]) === parent;
      } catch {
        return false;
      }
    });
}

/**
 * Suspends all processes of a server, like a host or a disk that hangs: connections stay open, and new ones are
 * accepted by the kernel, but never answered.
 *
 * @returns a function that resumes the processes
 */
export function freeze(server: PostgresServer): () => void {
  // The parent first, because it could start others.
  process.kill(server.pid, "SIGSTOP");
  const frozen = [...childrenOf(server.pid), server.pid];
  for (const pid of frozen) process.kill(pid, "SIGSTOP");
  return () => {
    for (const pid of frozen) process.kill(pid, "SIGCONT");
  };
}
