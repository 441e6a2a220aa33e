// Somebody else's server: any connection to it, and any datagram, has told it something already.

import { createSocket, type Socket as Datagrams } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

export class Elsewhere {
  readonly #callers: (number | undefined)[] = [];
  readonly #markers = new Set<number | undefined>();
  #datagrams = 0;

  private constructor(
    private readonly server: Server,
    private readonly datagrams: Datagrams,
    readonly port: number,
  ) {
    server.on("connection", ({ remotePort }) => this.#callers.push(remotePort));
    datagrams.on("message", () => (this.#datagrams += 1));
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
    const datagrams = createSocket("udp4").bind(port, "127.0.0.1");
    await once(datagrams, "listening");
    return new Elsewhere(server, datagrams, port);
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
    while (!this.#callers.includes(marker.localPort)) await once(this.server, "connection");
    marker.destroy();
    return this.#callers.filter((port) => !this.#markers.has(port)).length + this.#datagrams;
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => this.server.close(done));
    this.server.closeAllConnections();
    this.datagrams.close();
    await closed;
  }
}
