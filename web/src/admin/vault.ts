// Client of the vault's JSON API. Holds the proof of the tab, in memory only; the session's token is a cookie, which no
// script can read (docs/spec/session.md).

import type { Reader } from "./decode.ts";
import { Refused, Unreachable } from "./failure.ts";
import type { KeyLeft } from "./reseal.ts";
import {
  readRecorded,
  readJoinStep,
  readKit,
  readLoginPasskey,
  readLoginResult,
  readLoginStep,
  readPasskeyAsked,
  readPasskeyLogin,
  readPasskeys,
  readPasskeyStarted,
  readPassphraseStep,
  readProblem,
  readRecovered,
  readResealed,
  readResealLeft,
  readResumed,
  readRosterChanged,
  readSearchResult,
  readSessions,
} from "./wire.ts";
import type {
  CheckRequest,
  InvitationRequest,
  JoinStep,
  KitBegin,
  LoginResult,
  LoginStep,
  OwnPasskey,
  OwnSession,
  PasskeyAnswer,
  PasskeyAsked,
  PasskeyLoginResult,
  PasskeyStarted,
  PassphraseChange,
  Problem,
  Recorded,
  Recovered,
  Resealed,
  Resumed,
  RosterChanged,
  SearchRequest,
  SearchResult,
  ToLog,
} from "./wire.ts";

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const TIMEOUT_MS = 20_000;
const LOGOUT = "/v1/logout";
const RECORD = "/v1/log/record";
/** Also sent from a page that is being left. */
const LAST = [LOGOUT, RECORD];

export class Vault {
  #proof: string | undefined;

  /** `origin` without a trailing slash; `fetcher` is the browser's own `fetch`. */
  constructor(
    private readonly origin: string,
    private readonly fetcher: Fetch,
  ) {}

  loginStart(user: string, message: string): Promise<LoginStep> {
    return this.post("/v1/login/start", { user, message }, readLoginStep);
  }

  /**
   * Begins a session of this tab, by its proof. For somebody who has joined and is not in the roster yet there is none: a
   * body for the WASM. Nor is there for somebody who has passkeys: a challenge for one of them.
   */
  async loginFinish(step: LoginStep, proof: string): Promise<LoginResult | { readonly passkey: PasskeyAsked } | string> {
    const path = "/v1/login/finish";
    const response = await this.send("POST", path, step, proof);
    if (response.status === 202) {
      const waiting = await body(response);
      const value = parsed(waiting);
      return typeof value === "object" && value !== null && "passkey" in value ? readLoginPasskey(value, path) : waiting;
    }
    return this.begun(readLoginResult(await json(response), path), proof);
  }

  /** Begins the session with the passkey that was asked for after the passphrase. */
  async loginPasskey(answer: PasskeyAnswer, proof: string): Promise<LoginResult> {
    const path = "/v1/login/passkey";
    return this.begun(readLoginResult(await json(await this.send("POST", path, answer, proof)), path), proof);
  }

  /** A challenge for whoever has a passkey that unlocks. */
  async passkeyLoginStart(): Promise<PasskeyAsked> {
    return readPasskeyAsked(await json(await this.send("POST", "/v1/login/passkey/start", undefined, undefined)), "passkey");
  }

  /** Begins a session of this tab with a passkey alone. */
  async passkeyLoginFinish(answer: PasskeyAnswer, proof: string): Promise<PasskeyLoginResult> {
    const path = "/v1/login/passkey/finish";
    return this.begun(readPasskeyLogin(await json(await this.send("POST", path, answer, proof)), path), proof);
  }

  private begun<T>(result: T, proof: string): T {
    this.#proof = proof;
    return result;
  }

  /** This admin's passkeys for this address. */
  async passkeys(): Promise<readonly OwnPasskey[]> {
    return readPasskeys(await json(await this.send("GET", "/v1/passkeys", undefined, this.#proof)), "passkeys").passkeys;
  }

  /** Shows the passphrase once more, and begins to add a passkey. */
  passkeyStart(step: LoginStep): Promise<PasskeyStarted> {
    return this.post("/v1/passkeys/start", step, readPasskeyStarted);
  }

  /** Adds the passkey that the browser made; a body of the WASM. */
  passkeyFinish(added: string): Promise<Recorded> {
    return this.post("/v1/passkeys/finish", JSON.parse(added), readRecorded);
  }

  /** Removes one; a body of the WASM. */
  removePasskey(removed: string): Promise<Recorded> {
    return this.post("/v1/passkeys/remove", JSON.parse(removed), readRecorded);
  }

  /** First step to join by an invitation. */
  joinStart(token: string, message: string): Promise<JoinStep> {
    return this.post("/v1/invitations/start", { token, message }, readJoinStep);
  }

  /** Joins with the registration and identity that the WASM made. */
  async joinFinish(token: string, joined: string): Promise<void> {
    await this.send("POST", "/v1/invitations/finish", { token, ...(JSON.parse(joined) as object) }, undefined);
  }

  async invite(request: InvitationRequest): Promise<void> {
    await this.send("POST", "/v1/invitations", request, this.#proof);
  }

  /** Open invitations, and who waits; a body for the WASM, too. */
  async invitations(): Promise<string> {
    return body(await this.send("GET", "/v1/invitations", undefined, this.#proof));
  }

  /** Takes an invitation back, or sends somebody away who waits. */
  async withdraw(name: string): Promise<void> {
    await this.send("POST", "/v1/invitations/withdraw", { name }, this.#proof);
  }

  /** Entries that wait for a signature; a body for the WASM. */
  async proposals(): Promise<string> {
    return body(await this.send("GET", "/v1/roster/proposals", undefined, this.#proof));
  }

  async dropProposal(head: string): Promise<void> {
    await this.send("POST", "/v1/roster/proposals/drop", { head }, this.#proof);
  }

  /** Adds an entry that the WASM signed; whether it is taken, or waits for another signature. */
  changeRoster(change: string): Promise<RosterChanged> {
    return this.post("/v1/roster", JSON.parse(change), readRosterChanged);
  }

  /** Goes on with the session of this tab; what comes with it is a body for the WASM. */
  async resume(proof: string): Promise<Resumed> {
    const text = await body(await this.send("POST", "/v1/session/resume", undefined, proof));
    const resumed = readResumed(parsed(text), "resume");
    this.#proof = proof;
    return { ...resumed, source: text };
  }

  /** Forgets the session's proof; the session itself goes on at the vault. */
  leave(): void {
    this.#proof = undefined;
  }

  /** Forgets the proof first, whatever the vault answers. */
  async logout(): Promise<void> {
    const proof = this.#proof;
    this.#proof = undefined;
    if (proof !== undefined) await this.send("POST", LOGOUT, undefined, proof);
  }

  /** Has the vault keep what this tab unlocks the identity with. */
  async keepIdentity(identity: string): Promise<void> {
    await this.send("POST", "/v1/session/identity", JSON.parse(identity), this.#proof);
  }

  /** Tells that somebody is there. */
  async inUse(): Promise<void> {
    await this.send("POST", "/v1/session/use", undefined, this.#proof);
  }

  /** One's own sessions, the one that was used last first. */
  async sessions(): Promise<readonly OwnSession[]> {
    const answer = await this.send("GET", "/v1/sessions", undefined, this.#proof);
    return readSessions(await json(answer), "sessions").sessions;
  }

  endSession(id: string, log?: ToLog): Promise<Recorded> {
    return this.post("/v1/sessions/end", { id, ...(log && { log }) }, readRecorded);
  }

  endOtherSessions(log?: ToLog): Promise<Recorded> {
    return this.post("/v1/sessions/end-others", { ...(log && { log }) }, readRecorded);
  }

  /** Sets after how many seconds without use this admin's pages lock. */
  async setLockAfter(seconds: number): Promise<void> {
    await this.send("POST", "/v1/settings", { lock_after: seconds }, this.#proof);
  }

  /** Like `logout`, with the signed entry of it: one request that records it and ends the session. */
  async signOff(entry: string): Promise<void> {
    const proof = this.#proof;
    this.#proof = undefined;
    if (proof === undefined) return;
    try {
      await this.send("POST", RECORD, JSON.parse(entry), proof);
    } catch {
      await this.send("POST", LOGOUT, undefined, proof); // what was not recorded ends all the same
    }
  }

  /** Leaves signed entries in the audit log; the answer is for the WASM. */
  async record(entries: string): Promise<string> {
    return body(await this.send("POST", RECORD, JSON.parse(entries), this.#proof));
  }

  /** Sealed entries of the audit log with their proofs, for the WASM. `since`: where it ended that the WASM knows. */
  async logEntries(first: number, count: number, since: number): Promise<string> {
    return body(await this.send("POST", "/v1/log/entries", { first, count, since }, this.#proof));
  }

  /** One's own identity, wrapped; a body for the WASM, which reads it itself. */
  async identity(): Promise<string> {
    return body(await this.send("GET", "/v1/identity", undefined, this.#proof));
  }

  /** Gives this admin the identity that the WASM made. */
  async takeIdentity(identity: string): Promise<void> {
    await this.send("POST", "/v1/identity", JSON.parse(identity), this.#proof);
  }

  /** First step to a new passphrase; gives the vault's message. */
  async passphraseStart(message: string): Promise<string> {
    return (await this.post("/v1/passphrase/start", { message }, readPassphraseStep)).message;
  }

  async passphraseFinish(change: PassphraseChange): Promise<void> {
    await this.send("POST", "/v1/passphrase/finish", change, this.#proof);
  }

  /** What the organisation's recovery key opens; a body for the WASM. */
  async recoveryGrants(): Promise<string> {
    return body(await this.send("GET", "/v1/recovery-grants", undefined, this.#proof));
  }

  /** Grants to oneself what it opened. */
  grantRecovered(grants: string): Promise<Recorded> {
    return this.post("/v1/recovery-grants", JSON.parse(grants), readRecorded);
  }

  /** When this admin's recovery kit was made, RFC 3339; nothing when there is none. */
  async kit(): Promise<string | undefined> {
    return readKit(await json(await this.send("GET", "/v1/kit", undefined, this.#proof)), "kit").made;
  }

  /** Shows the passphrase once more, and begins a kit; gives the vault's message. */
  async kitStart(begin: KitBegin): Promise<string> {
    return (await this.post("/v1/kit/start", begin, readPassphraseStep)).message;
  }

  /** Keeps the kit that the WASM made, in the place of the one before. */
  async kitFinish(kit: string): Promise<void> {
    await this.send("POST", "/v1/kit/finish", JSON.parse(kit), this.#proof);
  }

  async dropKit(): Promise<void> {
    await this.send("POST", "/v1/kit/drop", undefined, this.#proof);
  }

  /** Begins to show the code of a kit. Without a session, as all of a recovery. */
  recoveryStart(user: string, message: string): Promise<LoginStep> {
    return this.post("/v1/recovery/start", { user, message }, readLoginStep);
  }

  /** Shows it. */
  recoveryFinish(step: LoginStep): Promise<Recovered> {
    return this.post("/v1/recovery/finish", step, readRecovered);
  }

  /** First step to a new passphrase by a kit; gives the vault's message. */
  async recoveryPassphraseStart(recovery: string, message: string): Promise<string> {
    return (await this.post("/v1/recovery/passphrase/start", { recovery, message }, readPassphraseStep)).message;
  }

  /** Sets it, with what the WASM made; the kit is used up. */
  recoveryPassphraseFinish(recovery: string, renewed: string): Promise<Recorded> {
    return this.post("/v1/recovery/passphrase/finish", { recovery, ...(JSON.parse(renewed) as object) }, readRecorded);
  }

  /** All entries of the roster; a body for the WASM. */
  async roster(): Promise<string> {
    return body(await this.send("GET", "/v1/roster", undefined, this.#proof));
  }

  /** Keeps grants that the WASM made. */
  grant(grants: string): Promise<Recorded> {
    return this.post("/v1/grants", JSON.parse(grants), readRecorded);
  }

  /** Data keys with what opens them; a body for the WASM. */
  async custody(): Promise<string> {
    return body(await this.send("GET", "/v1/custody", undefined, this.#proof));
  }

  /** All manifests ever signed; a body for the WASM. */
  async manifests(): Promise<string> {
    return body(await this.send("GET", "/v1/manifests", undefined, this.#proof));
  }

  search(request: SearchRequest): Promise<SearchResult> {
    return this.post("/v1/deposits/search", request, readSearchResult);
  }

  /** One batch: a check, or what the WASM made. A body for the WASM. */
  async openings(request: CheckRequest | string): Promise<string> {
    const content: unknown = typeof request === "string" ? JSON.parse(request) : request;
    return body(await this.send("POST", "/v1/openings", content, this.#proof));
  }

  /** How much is left to be sealed anew. */
  async resealLeft(): Promise<readonly KeyLeft[]> {
    return readResealLeft(await json(await this.send("GET", "/v1/reseal", undefined, this.#proof)), "/v1/reseal").keys;
  }

  /** Deposits of one key; a body for the WASM. */
  async resealList(key: string, after: string | undefined, limit: number, log: ToLog): Promise<string> {
    const request = { key_id: key, ...(after !== undefined && { after }), limit, log };
    return body(await this.send("POST", "/v1/reseal/list", request, this.#proof));
  }

  /** Envelopes, by what the WASM made; a body for the WASM. */
  async resealOpen(request: unknown): Promise<string> {
    return body(await this.send("POST", "/v1/reseal/open", request, this.#proof));
  }

  /** Puts what the WASM sealed anew in its place. */
  reseal(request: unknown): Promise<Resealed> {
    return this.post("/v1/reseal", request, readResealed);
  }

  private async post<T>(path: string, content: unknown, reader: Reader<T>): Promise<T> {
    return reader(await json(await this.send("POST", path, content, this.#proof)), path);
  }

  private async send(method: string, path: string, content: unknown, proof: string | undefined): Promise<Response> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (content !== undefined) headers["content-type"] = "application/json";
    if (proof !== undefined) headers["nightsafe-tab"] = proof;
    let response: Response;
    try {
      response = await this.fetcher(`${this.origin}${path}`, {
        method,
        headers,
        ...(content === undefined ? {} : { body: JSON.stringify(content) }),
        cache: "no-store",
        credentials: "include",
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
  return parsed(await body(response));
}

function parsed(text: string): unknown {
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
