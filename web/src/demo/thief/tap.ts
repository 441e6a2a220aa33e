// The wire tap: stands where the ingest origin is, passes everything on, and keeps the last deposits' bytes.
//
// It shows what anybody on the network path of the ingest server could write down, TLS aside.

import { request as forward, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { HttpError, headAsReceived, type Answer } from "../http.ts";

/** One deposit on its way to ingest. */
export interface Tapped {
  readonly at: string;
  /** Request line and headers as received */
  readonly head: string;
  readonly body: string;
  readonly status: number;
  readonly answer: string;
}

const KEPT = 20;
/** Belong to one connection, not to the message (RFC 9110, 7.6.1). */
const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding", "te", "upgrade", "proxy-connection"];

export class Tap {
  readonly #upstream: number;
  #tapped: Tapped[] = [];
  /** A cut wire: every request fails as if ingest were down. */
  cut = false;

  constructor(upstream: number) {
    this.#upstream = upstream;
  }

  /** The last deposit with this reference. */
  find(reference: string): Tapped | undefined {
    return this.#tapped.findLast(({ body }) => body.includes(JSON.stringify(reference)));
  }

  async handle(request: IncomingMessage, body: Buffer): Promise<Answer> {
    if (this.cut) {
      request.socket.destroy();
      throw new HttpError(502, "The wire is cut.");
    }
    const answer = await this.#pass(request, body);
    if (request.method === "POST") {
      const tapped = { at: new Date().toISOString(), head: headAsReceived(request), body: body.toString("utf8") };
      const entry = { ...tapped, status: answer.status, answer: answer.body.toString() };
      this.#tapped = [...this.#tapped, entry].slice(-KEPT);
    }
    return answer;
  }

  #pass(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const headers: OutgoingHttpHeaders = { ...request.headers, "content-length": body.length };
    for (const name of HOP_BY_HOP) delete headers[name];
    const { method = "GET", url: path = "/" } = request;
    return new Promise((resolve, reject) => {
      const unreachable = (): void => reject(new HttpError(502, "Ingest does not answer."));
      const passed = forward({ host: "127.0.0.1", port: this.#upstream, method, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", unreachable);
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 502, headers: plain(response), body: Buffer.concat(chunks) });
        });
      });
      passed.on("error", unreachable);
      passed.end(body);
    });
  }
}

function plain(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined && !HOP_BY_HOP.includes(name)) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}
