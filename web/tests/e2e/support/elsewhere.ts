// Somebody else's server. Whoever says a byte to it has told it something; browsers may connect for a navigation before they look
// at policies, and say nothing then.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

export class Elsewhere {
  readonly #callers: (number | undefined)[] = [];
  readonly #markers = new Set<number | undefined>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {
    server.on("connection", (socket) => socket.once("data", () => this.#callers.push(socket.remotePort)));
  }

  /** Whatever it is asked for, it answers with code. */
  static async open(code = "globalThis.injected = 1"): Promise<Elsewhere> {
    const server = createServer((_, answer) => {
      answer.setHeader("access-control-allow-origin", "*");
      answer.setHeader("content-type", "text/javascript");
      answer.end(code);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return new Elsewhere(server, port);
  }

  /** Another origin than all of the demo's. */
  get origin(): string {
    return `http://localhost:${this.port}`;
  }

  /** How often it was reached: what was on its way when this was asked is there before our own call. */
  async reached(): Promise<number> {
    const marker: Socket = connect(this.port, "127.0.0.1");
    await once(marker, "connect");
    this.#markers.add(marker.localPort);
    marker.write("GET / HTTP/1.1\r\nhost: marker\r\n\r\n");
    await once(marker, "data");
    marker.destroy();
    return this.#callers.filter((port) => !this.#markers.has(port)).length;
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => this.server.close(done));
    this.server.closeAllConnections();
    await closed;
  }
}
