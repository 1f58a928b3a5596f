import { setTimeout as delay } from "node:timers/promises";
import { UserError } from "../../user-error.js";
import type { GuardedProgram } from "./guarded-program.js";

/** A cold start takes a second; a busy machine a multiple of it. */
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
const ANSWER_TIMEOUT_MS = 5_000;
/** Notejam's log line when its port is open. */
const LISTENS = /"msg":"listening"/;

/**
 * Waits until a server is ready for traffic.
 *
 * @param port of `/readyz` on the loopback interface
 * @throws UserError with the last lines of its log when it ends or does not become ready in time
 */
export async function waitUntilReady(
  server: GuardedProgram,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!server.hasEnded && Date.now() < deadline) {
    signal.throwIfAborted();
    // Another program may answer on the port: the server's own log tells.
    if (LISTENS.test(server.output) && (await isReady(port, signal))) return;
    await delay(POLL_MS);
  }
  const what = server.hasEnded ? "ended while starting" : "was not ready in a minute";
  throw new UserError(`${server.name} ${what} (${server.logFile}):\n${server.lastWords}\n`);
}

async function isReady(port: number, signal: AbortSignal): Promise<boolean> {
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
  return fetch(`http://127.0.0.1:${port}/readyz`, { signal: timeout }).then(
    ({ ok }) => ok,
    () => false,
  );
}
