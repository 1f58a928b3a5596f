import { once } from "node:events";
import net from "node:net";

/**
 * Address that can be switched from one server to another, like the writer endpoint of a database in a failover: new
 * connections go to the new server, open ones stay on the old one.
 */
export class MovingAddress {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #target: number;
  #lost = 0;

  private constructor(server: net.Server, target: number) {
    this.#server = server;
    this.#target = target;
  }

  /** @param target port of the first server */
  static async open(target: number): Promise<MovingAddress> {
    const server = net.createServer((socket) => address.#forward(socket));
    const address = new MovingAddress(server, target);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return address;
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("The address is closed");
    return address.port;
  }

  moveTo(port: number): void {
    this.#target = port;
  }

  /**
   * From now on breaks connections when the response arrives: the server applied the statement, but the client gets no
   * response.
   *
   * @param share fraction of the responses that are lost, from 0 to 1
   */
  loseAnswers(share: number): void {
    this.#lost = share;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #forward(from: net.Socket): void {
    const to = net.connect(this.#target, "127.0.0.1");
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      this.#sockets.add(one);
      one.setNoDelay(true);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    from.pipe(to);
    to.on("data", (answer) => {
      if (Math.random() < this.#lost) from.destroy();
      else from.write(answer);
    });
  }
}
