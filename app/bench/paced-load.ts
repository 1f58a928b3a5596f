import { setTimeout as pause } from "node:timers/promises";

/** What a load of a fixed rate saw. */
export interface PacedResult {
  /** Requests answered for each second. */
  readonly rate: number;
  /** From when each request was due until its answer was complete, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly requests: number;
  readonly failed: number;
}

/** The value that this part of the values does not exceed. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/**
 * Sends requests evenly, whether or not earlier ones were answered, as many independent people do. (autocannon's
 * own rate sends each second's requests in one burst.)
 *
 * @param rate requests for each second
 * @param seconds how long
 * @param send sends one request and says whether the answer was right
 */
export async function pacedLoad(
  rate: number,
  seconds: number,
  send: () => Promise<boolean>,
): Promise<PacedResult> {
  const latencies: number[] = [];
  let failed = 0;
  const open = new Set<Promise<void>>();
  const start = performance.now();
  const total = Math.floor(rate * seconds);
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * rate) + 1);
    for (; sent < due; sent += 1) {
      const dueAt = start + (sent / rate) * 1000;
      const done = send()
        .catch(() => false)
        .then((right) => {
          latencies.push(performance.now() - dueAt);
          if (!right) failed += 1;
          open.delete(done);
        });
      open.add(done);
    }
    await pause(1);
  }
  await Promise.all(open);
  const took = (performance.now() - start) / 1000;
  return {
    rate: total / took,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    requests: total,
    failed,
  };
}
