import { setTimeout as delay } from "node:timers/promises";
import { UserError } from "../../user-error.js";
import type { GuardedProgram } from "./guarded-program.js";

/** A cold start takes 1 s; on a busy machine a multiple of it. */
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
const ANSWER_TIMEOUT_MS = 5_000;
/** Part of the log line that Notejam prints when its port is open. */
const LISTENS = /"msg":"listening"/;

/**
 * Waits until a server is ready for traffic.
 *
 * @param port of `/readyz` on the loopback interface
 * @throws UserError with the last lines of its log if it ends or does not become ready in time
 */
export async function waitUntilReady(
  server: GuardedProgram,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!server.hasEnded && Date.now() < deadline) {
    signal.throwIfAborted();
    // Another program may respond on the port: check the server's log.
    if (LISTENS.test(server.output) && (await isReady(port, signal))) return;
    await delay(POLL_MS);
  }
  const what = server.hasEnded ? "ended while starting" : "was not ready within a minute";
  throw new UserError(`${server.name} ${what} (${server.logFile}):\n${server.lastLines}\n`);
}

async function isReady(port: number, signal: AbortSignal): Promise<boolean> {
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
  return fetch(`http://127.0.0.1:${port}/readyz`, { signal: timeout }).then(
    ({ ok }) => ok,
    () => false,
  );
}
