import { setTimeout as pause } from "node:timers/promises";
import { LightConnection } from "./light-connection.js";

/** A load of a fixed rate. */
export interface PacedLoad {
  readonly port: number;
  /** A whole request, as it goes over the network. */
  readonly request: string;
  /** Expected status. */
  readonly expected: number;
  /** Requests for each second. */
  readonly rate: number;
  readonly seconds: number;
  readonly connections: number;
}

/** Result of a load with a fixed rate. */
export interface PacedResult {
  /** Time from when each request was due until its response was complete, in milliseconds. */
  readonly latencies: readonly number[];
  readonly p50: number;
  readonly p99: number;
  /** Number of unexpected responses. */
  readonly wrong: number;
}

/** Returns the value that this fraction of the values does not exceed. @param part 0 to 1 */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/**
 * Sends requests evenly, without waiting for responses, like many independent users. (autocannon's own rate sends each
 * second's requests in one burst.)
 */
export async function pacedLoad(load: PacedLoad): Promise<PacedResult> {
  const { port, request, expected, rate, seconds, connections } = load;
  const all = await Promise.all(
    Array.from({ length: connections }, () => LightConnection.open(port, request)),
  );
  const free = [...all];
  const start = performance.now();
  const dueAt = (number: number) => start + (number / rate) * 1000;
  const total = Math.floor(rate * seconds);
  const latencies: number[] = [];
  let [sent, wrong] = [0, 0];

  async function sendOn(connection: LightConnection): Promise<void> {
    const due = dueAt(sent);
    sent += 1;
    const status = await connection.send();
    latencies.push(performance.now() - due);
    if (status !== expected) wrong += 1;
    free.push(connection);
  }

  while (latencies.length < total) {
    while (sent < total && dueAt(sent) <= performance.now()) {
      const connection = free.pop();
      if (!connection) break;
      void sendOn(connection);
    }
    await pause(1);
  }
  for (const connection of all) connection.close();
  return { latencies, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), wrong };
}
