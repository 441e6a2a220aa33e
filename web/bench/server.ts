// The static server that all contestants are served by: same headers, brotli of the same level, nothing made on the way.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const TYPES: Readonly<Record<string, string>> = {
  "": "text/plain; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};

export class StaticServer {
  readonly #files = new Map<string, { readonly type: string; readonly body: Buffer }>();

  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  /** Listens on a free port; there is nothing to get yet. */
  static async start(): Promise<StaticServer> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await new Promise<void>((done, fail) => server.once("error", fail).listen(0, "127.0.0.1", done));
    const made = new StaticServer(server, `http://localhost:${(server.address() as AddressInfo).port}`);
    server.on("request", ({ url = "", headers }, response) => {
      const file = made.#files.get(url);
      const understood = /\bbr\b/.test(String(headers["accept-encoding"]));
      if (file === undefined || !understood) return response.writeHead(file ? 406 : 404).end();
      response.writeHead(200, {
        "cache-control": "public, max-age=31536000, immutable",
        "content-encoding": "br",
        "content-length": file.body.length,
        "content-type": file.type,
        "x-content-type-options": "nosniff",
      });
      return response.end(file.body);
    });
    return made;
  }

  /** Serves it from now on; gives the size as sent, in bytes. */
  put(path: string, content: Buffer | string): number {
    const bytes = Buffer.from(content);
    const body = brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    });
    const type = path.endsWith("/") ? ".html" : extname(path);
    this.#files.set(path, { type: TYPES[type] ?? "application/octet-stream", body });
    return body.length;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
