import { once } from "node:events";
import { createServer } from "node:net";
import { errorCode, LocalProblem } from "./problem.js";

const LOOPBACK = "127.0.0.1";

/** A port of the loopback interface that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("The system gave no port.");
  return address.port;
}

/** Whether a port of the loopback interface can be listened on. */
export async function isFree(port: number): Promise<boolean> {
  return (await listenError(port)) === undefined;
}

/**
 * Returns the port to listen on: the requested one, else the preferred one, or a free one if that is taken.
 *
 * @param asked requested port; 0 for a free one
 */
export async function choosePort(asked: number | undefined, preferred: number): Promise<number> {
  if (asked !== undefined) return asked === 0 ? freePort() : asked;
  return (await isFree(preferred)) ? preferred : freePort();
}

/**
 * Checks that a requested port is free.
 *
 * @param port requested port; undefined or 0 for any
 * @throws LocalProblem when another program listens on it
 */
export async function requireFreePort(port: number | undefined, option: string): Promise<void> {
  if (port === undefined || port === 0) return;
  const code = await listenError(port);
  if (code === undefined) return;
  const what = code === "EADDRINUSE" ? "is taken" : `cannot be opened (${code})`;
  throw new LocalProblem(
    `Port ${port} on ${LOOPBACK} ${what}.`,
    `Choose another one with ${option}, or leave the option out to get a free one.`,
  );
}

/** The code of the error when a port cannot be listened on, such as EADDRINUSE or EACCES; undefined when it can. */
async function listenError(port: number): Promise<string | undefined> {
  const server = createServer().listen(port, LOOPBACK);
  try {
    await once(server, "listening");
  } catch (error) {
    return errorCode(error) ?? "unknown error";
  }
  server.close();
  await once(server, "close");
  return undefined;
}
