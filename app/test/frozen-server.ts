import { readdirSync, readFileSync } from "node:fs";
import type { PostgresServer } from "./postgres-server.js";

/** Processes of this machine whose parent is that one. */
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
 * Stops all processes of a server where they are, as a host or a disk that hangs does: connections stay open, new ones are
 * accepted by the kernel, and nobody answers.
 *
 * @returns lets it go on as if nothing had happened
 */
export function freeze(server: PostgresServer): () => void {
  // First the one that could start others.
  process.kill(server.pid, "SIGSTOP");
  const frozen = [...childrenOf(server.pid), server.pid];
  for (const pid of frozen) process.kill(pid, "SIGSTOP");
  return () => {
    for (const pid of frozen) process.kill(pid, "SIGCONT");
  };
}
