import { freePort, isFree, LOOPBACK, portError } from "@notejam/emulator/ports";
import { UserError } from "../user-error.js";

/**
 * Returns the port to listen on: the requested one, else the preferred one, or a free one if that is taken.
 *
 * @param requested port from an option; 0 for a free one
 */
export async function choosePort(requested: number | undefined, preferred: number): Promise<number> {
  if (requested !== undefined) return requested === 0 ? freePort() : requested;
  return (await isFree(preferred)) ? preferred : freePort();
}

/**
 * Checks that a requested port is free.
 *
 * @param port requested port; undefined or 0 for any
 * @param option option of the command line that sets the port, such as `--port`
 * @throws UserError if another program listens on it
 */
export async function requireFreePort(port: number | undefined, option: string): Promise<void> {
  if (port === undefined || port === 0) return;
  const code = await portError(port);
  if (code === undefined) return;
  const what = code === "EADDRINUSE" ? "is taken" : `cannot be opened (${code})`;
  throw new UserError(`Port ${port} on ${LOOPBACK} ${what}.`, {
    hint: `Choose another one with ${option}, or leave the option out to get a free one.`,
  });
}
