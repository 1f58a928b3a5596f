import net from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** Bytes for a server that no browser would send. */
export interface RawRequest {
  /** Description of the fault, for the report. */
  readonly what: string;
  readonly bytes: Buffer;
  /** True if the server may wait for more bytes: expects no response, and closes the connection. @default false */
  readonly incomplete?: boolean;
  /** Sends this many bytes at a time with pauses. @default everything at once */
  readonly dribble?: number;
}

/** Raw response. */
export interface RawAnswer {
  /** Statuses of all responses on the connection; empty if the server closed it without a response. */
  readonly statuses: readonly number[];
  readonly text: string;
  /** True if the server neither responded nor closed the connection in time. */
  readonly hung: boolean;
}

/** Timeout for the response and the end of the connection, in milliseconds. */
const CHECK_TIMEOUT = 25_000;
/** Time after which an incomplete request is abandoned, in milliseconds. */
const LEFT_ALONE = 60;
const DRIBBLE_PAUSE = 15;

/** Sends bytes on a new connection and waits for the server to close it. */
export async function exchange(port: number, request: RawRequest): Promise<RawAnswer> {
  const socket = net.connect(port, "127.0.0.1");
  const pieces: Buffer[] = [];
  socket.on("data", (piece) => pieces.push(piece));
  // The server may close the connection while the client still sends. A response before that is used.
  socket.on("error", () => {});
  const closed = new Promise<"closed">((resolve) => socket.once("close", () => resolve("closed")));
  await send(socket, request);
  const ended = await Promise.race([closed, late(request.incomplete ? LEFT_ALONE : CHECK_TIMEOUT)]);
  socket.destroy();
  const text = Buffer.concat(pieces).toString("latin1");
  const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
  return { statuses, text, hung: ended === "late" && !request.incomplete };
}

async function late(milliseconds: number): Promise<"late"> {
  await pause(milliseconds, undefined, { ref: false });
  return "late";
}

async function send(socket: net.Socket, { bytes, dribble }: RawRequest): Promise<void> {
  if (dribble === undefined) {
    socket.write(bytes);
    return;
  }
  for (let start = 0; start < bytes.length && !socket.destroyed; start += dribble) {
    socket.write(bytes.subarray(start, start + dribble));
    await pause(DRIBBLE_PAUSE);
  }
}
