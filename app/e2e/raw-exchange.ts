import net from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** Bytes for a server, as no browser would send them. */
export interface RawRequest {
  /** Description of the fault, for the report. */
  readonly what: string;
  readonly bytes: Buffer;
  /** The server may wait for more: nothing is expected, and the connection is cut. @default false */
  readonly incomplete?: boolean;
  /** Sends this many bytes at a time with pauses. @default everything at once */
  readonly dribble?: number;
}

/** Raw response. */
export interface RawAnswer {
  /** Statuses of all answers on the connection; none when the server closed it without a word. */
  readonly statuses: readonly number[];
  readonly text: string;
  /** The server neither answered nor closed the connection in time. */
  readonly hung: boolean;
}

/** Longest to wait for an answer and the connection's end, in milliseconds. */
const CHECK_TIMEOUT = 25_000;
/** Time after which an incomplete request is abandoned, in milliseconds. */
const LEFT_ALONE = 60;
const DRIBBLE_PAUSE = 15;

/** Sends bytes on a new connection and waits for the server to close it. */
export async function exchange(port: number, request: RawRequest): Promise<RawAnswer> {
  const socket = net.connect(port, "127.0.0.1");
  const pieces: Buffer[] = [];
  socket.on("data", (piece) => pieces.push(piece));
  // A server that closes while we still send: what it said before that counts.
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
