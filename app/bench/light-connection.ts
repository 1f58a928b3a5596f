import { once } from "node:events";
import net from "node:net";

const HEADERS_END = Buffer.from("\r\n\r\n");

/**
 * Keep-alive connection that sends one request repeatedly. It parses only the parts of a response that are needed here,
 * so that it uses little CPU time (Node's client needs several times as much as the application).
 */
export class LightConnection {
  readonly #socket: net.Socket;
  readonly #request: Buffer;
  #answered: ((status: number) => void) | undefined;
  #status = 0;
  /** Bytes still to come; undefined before the end of the headers. */
  #missing: number | undefined;
  #headers: Buffer = Buffer.alloc(0);

  private constructor(socket: net.Socket, request: Buffer) {
    this.#socket = socket;
    this.#request = request;
    socket.on("data", (data) => this.#receive(data));
    socket.on("error", () => this.#finish(0));
    socket.on("close", () => this.#finish(0));
  }

  static async open(port: number, request: string): Promise<LightConnection> {
    const socket = net.connect(port, "127.0.0.1");
    socket.setNoDelay(true);
    await once(socket, "connect");
    return new LightConnection(socket, Buffer.from(request));
  }

  /** Sends the request. @returns the status of the response; 0 if the connection broke */
  send(): Promise<number> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) {
        resolve(0);
        return;
      }
      this.#answered = resolve;
      this.#socket.write(this.#request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(data: Buffer): void {
    if (this.#missing === undefined) {
      this.#headers = this.#headers.length === 0 ? data : Buffer.concat([this.#headers, data]);
      const end = this.#headers.indexOf(HEADERS_END);
      if (end < 0) return;
      const text = this.#headers.toString("latin1", 0, end);
      this.#status = Number(text.slice(9, 12));
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      this.#missing = length - (this.#headers.length - end - HEADERS_END.length);
    } else {
      this.#missing -= data.length;
    }
    if (this.#missing <= 0) this.#finish(this.#status);
  }

  #finish(status: number): void {
    const answered = this.#answered;
    this.#answered = undefined;
    this.#missing = undefined;
    this.#headers = Buffer.alloc(0);
    answered?.(status);
  }
}
