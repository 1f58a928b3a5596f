import { once } from "node:events";
import { createServer } from "node:net";

/** Address of the loopback interface. */
export const LOOPBACK = "127.0.0.1";

/** Returns a port of the loopback interface that no program uses at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("The system returned no port.");
  return address.port;
}

/**
 * Opens a port of the loopback interface and closes it again.
 *
 * @returns the code of the error if that fails, such as EADDRINUSE or EACCES; undefined if the port is free
 */
export async function portError(port: number): Promise<string | undefined> {
  const server = createServer().listen(port, LOOPBACK);
  try {
    await once(server, "listening");
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  }
  server.close();
  await once(server, "close");
  return undefined;
}

/** Returns true if no program listens on a port of the loopback interface. */
export async function isFree(port: number): Promise<boolean> {
  return (await portError(port)) === undefined;
}
