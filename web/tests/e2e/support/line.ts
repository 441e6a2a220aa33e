// A line with a length and a width: what goes through it arrives later, and no more of it in a second than fits.

import { createServer, connect, type Server, type Socket } from "node:net";

export interface Shape {
  /** Milliseconds there and back, and of it half in each direction. */
  readonly roundTrip: number;
  /** In each direction, for all connections together. */
  readonly bytesPerSecond: number;
}

/** A request that went through, by the clock of this process. */
export interface Passed {
  /** Method and path. */
  readonly name: string;
  /** When its first byte came to the line, and when the last one of the answer left it, in milliseconds. */
  readonly asked: number;
  told: number;
}

export class Line {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #passed: Passed[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => this.#keep(socket));
  }

  /** Takes connections on one port of this machine and leads them to another. */
  static async open(from: number, to: number, shape: Shape): Promise<Line> {
    const up = direction(shape);
    const down = direction(shape);
    const server = createServer((near) => {
      const far = connect(to, "127.0.0.1");
      line.#keep(far);
      // One after the other on a connection, which HTTP/1.1 without pipelining is
      let last: Passed | undefined;
      near.on("data", (chunk: Buffer) => {
        const name = /^[A-Z]+ \S+(?= HTTP\/1\.1\r\n)/.exec(chunk.toString("latin1"))?.[0];
        if (name !== undefined) line.#passed.push((last = { name, asked: performance.now(), told: Infinity }));
      });
      up(near, far);
      down(far, near, () => last !== undefined && (last.told = performance.now()));
    });
    const line = new Line(server);
    await new Promise<void>((done, fail) => server.once("error", fail).listen(from, "127.0.0.1", done));
    return line;
  }

  /** In the order in which they were asked. */
  get passed(): readonly Readonly<Passed>[] {
    return this.#passed;
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true).once("close", () => this.#sockets.delete(socket));
  }
}

/** One direction, which all connections share: bytes queue for the line, then take half of a round trip. */
function direction({ roundTrip, bytesPerSecond }: Shape): (from: Socket, to: Socket, leaves?: () => void) => void {
  let free = 0;
  /** When `bytes` that come now are all there; timers may fire a little early. */
  const arrival = (bytes: number): number => {
    free = Math.max(free, performance.now()) + (bytes * 1000) / bytesPerSecond;
    return free - performance.now() + roundTrip / 2 + 1;
  };
  return (from, to, leaves) => {
    const later = (bytes: number, run: () => void): void => void setTimeout(() => !to.destroyed && run(), arrival(bytes));
    from.on("data", (chunk: Buffer) =>
      later(chunk.length, () => {
        leaves?.();
        to.write(chunk);
      }),
    );
    from.on("end", () => later(0, () => to.end()));
    from.on("error", () => to.destroy());
    from.on("close", (failed) => failed && to.destroy());
  };
}
