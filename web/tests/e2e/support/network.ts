// Everything that a browser sent and received, byte for byte: addresses, headers and bodies of every page and frame.

import type { BrowserContext, Request, Response } from "@playwright/test";

export interface Transmission {
  readonly where: string;
  readonly bytes: Buffer;
}

export class NetworkLog {
  readonly #pending: Promise<readonly Transmission[]>[] = [];
  readonly #unread: string[] = [];
  /** Sockets carry what is not seen here: none may be opened. */
  readonly sockets: string[] = [];

  /** From here on, for all pages of the context. */
  constructor(context: BrowserContext) {
    context.on("request", (request) => this.#read(sent(request)));
    context.on("response", (response) => this.#read(this.#received(response)));
    context.on("page", (page) => page.on("websocket", (socket) => this.sockets.push(socket.url())));
  }

  /** All of it, once every answer has been read. */
  async all(): Promise<readonly Transmission[]> {
    return (await Promise.all(this.#pending)).flat();
  }

  /** Answers with a body that the browser did not keep, because their page was left at that moment. */
  get unread(): readonly string[] {
    return this.#unread;
  }

  #read(transmissions: Promise<readonly Transmission[]>): void {
    this.#pending.push(transmissions);
    // `all` fails by it. What comes after the last of these is cut off by the end of the test, and that is no failure
    transmissions.catch(() => undefined);
  }

  async #received(response: Response): Promise<readonly Transmission[]> {
    const where = `answer to ${name(response.request())}`;
    const head = { where: `${where}, headers`, bytes: Buffer.from(JSON.stringify(await response.headersArray())) };
    if (response.status() === 204 || (response.status() >= 300 && response.status() < 400)) return [head];
    try {
      return [head, { where: `${where}, body`, bytes: await response.body() }];
    } catch {
      this.#unread.push(name(response.request()));
      return [head];
    }
  }
}

async function sent(request: Request): Promise<readonly Transmission[]> {
  const head = [request.url(), ...(await request.headersArray()).map(({ name, value }) => `${name}: ${value}`)].join("\n");
  const body = request.postDataBuffer();
  return [
    { where: `${name(request)}, address and headers`, bytes: Buffer.from(head) },
    ...(body === null ? [] : [{ where: `${name(request)}, body`, bytes: body }]),
  ];
}

function name(request: Request): string {
  return `${request.method()} ${request.url()}`;
}
