// What the demo's servers share: a loopback server that ends when asked to, bodies, answers.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readFileSync } from "node:fs";

/** What a handler gives back. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export type Handler = (request: IncomingMessage, body: Buffer) => Promise<Answer> | Answer;

/** A request that is answered with this status and text instead of a page. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The JSON file that the first argument names. */
export function readConfig<T>(): T {
  const path = process.argv[2];
  if (path === undefined) throw new Error("the first argument is the path of the configuration");
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

/** Serves on `localhost:port` only. Another name for this machine (DNS rebinding) is turned away. */
export function serve(port: number, limit: number, handler: Handler): Promise<Server> {
  const server = createServer((request, response) => {
    respond(request, response, port, limit, handler).catch((error: unknown) => {
      const known = error instanceof HttpError;
      if (!known) console.error(error);
      const body = known ? error.message : "Something went wrong; the log says more.";
      send(response, text(known ? error.status : 500, `${body}\n`));
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

/** Says that all is up, and ends cleanly on SIGTERM and SIGINT. */
export function ready(servers: readonly Server[]): void {
  const stop = (): void => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  console.log("ready");
}

export function text(status: number, body: string): Answer {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" }, body };
}

export function redirect(location: string): Answer {
  return { status: 303, headers: { location, "cache-control": "no-store" }, body: "" };
}

/** Request line and headers exactly as they came. */
export function headAsReceived(request: IncomingMessage): string {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    lines.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`);
  }
  return lines.join("\r\n");
}

/** The whole body; more than `limit` bytes are refused. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) throw new HttpError(413, "That is too much.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  port: number,
  limit: number,
  handler: Handler,
): Promise<void> {
  if (request.headers.host !== `localhost:${port}`) throw new HttpError(421, `This is http://localhost:${port}.`);
  send(response, await handler(request, await readBody(request, limit)));
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.headersSent) return;
  response.writeHead(status, { "x-content-type-options": "nosniff", ...headers });
  response.end(body);
}
