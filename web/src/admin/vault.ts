// Client of the vault's JSON API. Holds the bearer token, in memory only.

import type { Reader } from "./decode.ts";
import { Refused, Unreachable } from "./failure.ts";
import { readLoginResult, readLoginStep, readPassphraseStep, readProblem, readSearchResult } from "./wire.ts";
import type { CheckRequest, LoginStep, PassphraseChange, Problem, SearchRequest, SearchResult } from "./wire.ts";

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const TIMEOUT_MS = 20_000;
const LOGOUT = "/v1/logout";
const RECORD = "/v1/log/record";
/** Also sent from a page that is being left. */
const LAST = [LOGOUT, RECORD];

export class Vault {
  #token: string | undefined;

  /** `origin` without a trailing slash; `fetcher` is the browser's own `fetch`. */
  constructor(
    private readonly origin: string,
    private readonly fetcher: Fetch,
  ) {}

  loginStart(user: string, message: string): Promise<LoginStep> {
    return this.post("/v1/login/start", { user, message }, readLoginStep);
  }

  /** Keeps the token. */
  async loginFinish(step: LoginStep): Promise<void> {
    const { token } = await this.post("/v1/login/finish", step, readLoginResult);
    this.#token = token;
  }

  /** Forgets the token first, whatever the vault answers. */
  async logout(): Promise<void> {
    const token = this.#token;
    this.#token = undefined;
    if (token !== undefined) await this.send("POST", LOGOUT, undefined, token);
  }

  /** Like `logout`, with the signed entry of it: one request that records it and ends the session. */
  async signOff(entry: string): Promise<void> {
    const token = this.#token;
    this.#token = undefined;
    if (token === undefined) return;
    try {
      await this.send("POST", RECORD, JSON.parse(entry), token);
    } catch {
      await this.send("POST", LOGOUT, undefined, token); // what was not recorded ends all the same
    }
  }

  /** Leaves signed entries in the audit log; the answer is for the WASM. */
  async record(entries: string): Promise<string> {
    return body(await this.send("POST", RECORD, JSON.parse(entries), this.#token));
  }

  /** Sealed entries of the audit log with their proofs, for the WASM. `since`: where it ended that the WASM knows. */
  async logEntries(first: number, count: number, since: number): Promise<string> {
    return body(await this.send("POST", "/v1/log/entries", { first, count, since }, this.#token));
  }

  /** One's own identity, wrapped; a body for the WASM, which reads it itself. */
  async identity(): Promise<string> {
    return body(await this.send("GET", "/v1/identity", undefined, this.#token));
  }

  /** Gives this admin the identity that the WASM made. */
  async takeIdentity(identity: string): Promise<void> {
    await this.send("POST", "/v1/identity", JSON.parse(identity), this.#token);
  }

  /** First step to a new passphrase; gives the vault's message. */
  async passphraseStart(message: string): Promise<string> {
    return (await this.post("/v1/passphrase/start", { message }, readPassphraseStep)).message;
  }

  async passphraseFinish(change: PassphraseChange): Promise<void> {
    await this.send("POST", "/v1/passphrase/finish", change, this.#token);
  }

  /** All entries of the roster; a body for the WASM. */
  async roster(): Promise<string> {
    return body(await this.send("GET", "/v1/roster", undefined, this.#token));
  }

  /** Keeps grants that the WASM made. */
  async grant(grants: string): Promise<void> {
    await this.send("POST", "/v1/grants", JSON.parse(grants), this.#token);
  }

  /** Data keys with what opens them; a body for the WASM. */
  async custody(): Promise<string> {
    return body(await this.send("GET", "/v1/custody", undefined, this.#token));
  }

  /** All manifests ever signed; a body for the WASM. */
  async manifests(): Promise<string> {
    return body(await this.send("GET", "/v1/manifests", undefined, this.#token));
  }

  search(request: SearchRequest): Promise<SearchResult> {
    return this.post("/v1/deposits/search", request, readSearchResult);
  }

  /** One batch: a check, or what the WASM made. A body for the WASM. */
  async openings(request: CheckRequest | string): Promise<string> {
    const content: unknown = typeof request === "string" ? JSON.parse(request) : request;
    return body(await this.send("POST", "/v1/openings", content, this.#token));
  }

  private async post<T>(path: string, content: unknown, reader: Reader<T>): Promise<T> {
    return reader(await json(await this.send("POST", path, content, this.#token)), path);
  }

  private async send(method: string, path: string, content: unknown, token: string | undefined): Promise<Response> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (content !== undefined) headers["content-type"] = "application/json";
    if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
    let response: Response;
    try {
      response = await this.fetcher(`${this.origin}${path}`, {
        method,
        headers,
        ...(content === undefined ? {} : { body: JSON.stringify(content) }),
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        referrerPolicy: "no-referrer",
        keepalive: LAST.includes(path),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      throw new Unreachable();
    }
    if (!response.ok) throw new Refused(response.status, await problem(response));
    return response;
  }
}

async function body(response: Response): Promise<string> {
  try {
    return await response.text();
  } catch {
    throw new Unreachable(); // the connection broke in the middle of the answer
  }
}

async function json(response: Response): Promise<unknown> {
  const text = await body(response);
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the reader names the place
  }
}

async function problem(response: Response): Promise<Problem | undefined> {
  try {
    return readProblem(await json(response), "problem");
  } catch {
    return undefined;
  }
}
