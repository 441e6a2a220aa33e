// The WASM module: loaded only when its bytes are the ones that this script names.

import init, { Joining, LoginAttempt, new_invitation, Recovery as RecoveryHandle, Tab as TabHandle } from "#admin-wasm";
import type { Opener as OpenerHandle } from "#admin-wasm";
import type { Config } from "./config.ts";
import { EngineError } from "./failure.ts";
import type { Labels } from "./words.ts";

/** A field that the sealed locator lists. */
export interface SealedField {
  readonly kind: string;
  readonly index: number;
  readonly tag: string;
  readonly labels: Labels;
  readonly parts: readonly string[];
}

/** What a server or a thief did to a deposit; `code` is one of a closed set, see `differences.ts`. */
export interface Difference {
  readonly code: string;
  readonly kind?: string;
  readonly index?: number;
  readonly facet?: string;
}

export interface OpenedLocator {
  readonly deposit_id: string;
  readonly fields: readonly SealedField[];
  readonly differences: readonly Difference[];
}

export interface OpenedPart {
  readonly name: string;
  readonly value: string;
}

export interface OpenedField {
  readonly kind: string;
  readonly index: number;
  readonly parts: readonly OpenedPart[];
}

export interface OpenedDeposit {
  readonly deposit_id: string;
  readonly fields: readonly OpenedField[];
  readonly differences: readonly Difference[];
}

/** Somebody of the verified roster. */
export interface Person {
  readonly identity: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly words: string;
  readonly state: "active" | "replaced" | "replaced_lost" | "left" | "lost" | "compromised" | "other";
  /** RFC 3339. */
  readonly since: string;
  /** Who is signed in. */
  readonly own: boolean;
}

/** A data key, as verified manifests tell its life. */
export interface DataKey {
  readonly key_id: string;
  readonly suite: string;
  readonly state: "pending" | "active" | "retiring" | "retired" | "discarded" | "purged";
  /** RFC 3339. */
  readonly start: string;
  /** When it goes into the next state by itself. */
  readonly until?: string;
  /** This admin opens what is sealed to it. */
  readonly held: boolean;
  /** Somebody who has left does. */
  readonly known: boolean;
}

/** Something that people have to do; `code` is one of a closed set, see `due.ts`. */
export interface Due {
  readonly code: string;
  readonly days?: number;
  readonly at?: string;
}

export interface Keys {
  readonly keys: readonly DataKey[];
  readonly due: readonly Due[];
  /** When the manifest in force ends. */
  readonly ends?: string;
}

/** Somebody who has joined by an invitation and is not signed in to the roster with these keys. */
export interface Waiting {
  readonly name: string;
  readonly roles: readonly string[];
  /** They follow from the keys; the vault cannot choose them. */
  readonly words: string;
  /** Somebody of the roster with new keys. */
  readonly replaces: boolean;
  /** RFC 3339. */
  readonly joined: string;
  /** To be handed back. */
  readonly person: unknown;
}

/** A change of the roster, in parts. */
export interface Change {
  readonly change: "add" | "revoke" | "replace" | "roles" | "threshold" | "audit-key";
  readonly name?: string;
  readonly roles?: readonly string[];
  /** Of new keys. */
  readonly words?: string;
  readonly reason?: Reason;
  /** Where the keys are that new ones take the place of. */
  readonly old_keys?: OldKeys;
  readonly threshold?: number;
}

export type OldKeys = "lost" | "forgotten";

export type Reason = "left" | "lost" | "compromised" | "other";

/** A change that one admin signed and another has to. */
export interface Proposal {
  readonly head: string;
  /** RFC 3339. */
  readonly time: string;
  /** Names. */
  readonly signed: readonly string[];
  /** Whether who is signed in signed it. */
  readonly own: boolean;
  readonly changes: readonly Change[];
  /** To be handed back. */
  readonly entry: string;
}

/** What an admin wants to be changed. */
export type ChangeRequest =
  | { readonly change: "admit"; readonly person: unknown }
  | { readonly change: "revoke"; readonly identity: string; readonly reason: Reason }
  | { readonly change: "roles"; readonly identity: string; readonly roles: readonly string[] }
  | { readonly change: "threshold"; readonly threshold: 1 | 2 };

/** What is signed for the audit log, besides openings. */
export type Deed =
  | { readonly action: "sign-in" | "sign-out" | "passphrase-change" }
  | { readonly action: "search"; readonly criteria: readonly string[] }
  | { readonly action: "list"; readonly limit: number };

/** An entry of the audit log. With a `problem` nothing of it is to be believed; without an action it is sealed to others. */
export interface LogEntry {
  readonly number: number;
  readonly problem?: string;
  readonly action?: string;
  /** Identity; absent for the vault. */
  readonly by?: string;
  /** RFC 3339. */
  readonly at?: string;
  readonly purpose?: string;
  readonly deposit_id?: string;
  readonly fields?: readonly { readonly kind: string; readonly index: number }[];
  readonly criteria?: readonly string[];
  readonly identity?: string;
  /** Of a passkey: added, or removed. */
  readonly added?: boolean;
  /** Key id of the data key that came into a state. */
  readonly data_key?: string;
  readonly state?: string;
}

export interface Log {
  readonly size: number;
  readonly entries: readonly LogEntry[];
}

/** What the WASM says of a page that is sealed anew. */
export interface ResealStep {
  /** Of the next request; nothing when the page has nothing to go on with. */
  readonly body?: unknown;
  readonly deposits: number;
  /** The last deposit of the page. */
  readonly last?: string;
  /** What stays as it is. */
  readonly left: readonly { readonly deposit_id: string; readonly reference: string; readonly differences: readonly Difference[] }[];
}

/** Holder of the private keys, in WASM memory. Everything that crosses is text. */
export interface Opener {
  readonly key_ids: string;
  readonly refused_manifests: number;
  readonly refused_grants: number;
  /** What the vault is to keep: body of `POST /v1/identity`. */
  readonly new_identity: string | undefined;
  /** Body of `POST /v1/grants`, with its entries where a log is kept; nothing when nobody lacks anything. */
  new_grants(now: string): string | undefined;
  /** Of an identity that the roster does not name. */
  readonly words: string | undefined;
  /** What to remember of the verified roster. */
  readonly roster_place: string | undefined;
  /** How far the roster is known to be the current one: a Trust. */
  readonly roster_trust: string;
  /** JSON of Person[]. */
  readonly people: string;
  /** JSON of Keys, at this Unix time. */
  keys(now: number): string;
  /** How many admins must sign a change; 0 while there is no roster. */
  readonly threshold: number;
  /** Takes both as they are now; `people`, `roster_place` and `new_grants` are then those of now. */
  renew_roster(roster: string, custody: string): void;
  /** JSON of Waiting[]. */
  waiting(invitations: string): string;
  /** JSON of Proposal[]. */
  proposals(proposals: string): string;
  /** Signs a ChangeRequest; body of `POST /v1/roster`, with its entries where a log is kept. `now`: RFC 3339, whole seconds. */
  change(request: string, now: string): string;
  /** Signs what somebody else signed; the same body. */
  cosign(entry: string, invitations: string, now: string): string;
  /** Whether what this admin does is signed for the audit log. */
  readonly logs: boolean;
  readonly reads_log: boolean;
  /** In decimal. */
  readonly log_size: string;
  readonly log_place: string | undefined;
  sign(deeds: string, now: string): string;
  logged(inLog: string): void;
  /** JSON of Log. */
  read_log(entries: string): string;
  /** Body of an opening; the WASM chooses what is compared. */
  request_open(chosen: string, purpose: string, now: string): string;
  /** Body of `POST /v1/passkeys/finish`, of JSON of a name and what the browser made; wraps the keys under the PRF's output. */
  add_passkey(made: string, prf: Uint8Array | undefined, now: string): string;
  /** Body of `POST /v1/passkeys/remove`. */
  remove_passkey(id: string, now: string): string;
  begin_passphrase(passphrase: string): string;
  /** JSON of `registration` and `wrapped`. */
  finish_passphrase(reply: string): string;
  /** Opens what is not held with the organisation's recovery key; body of `POST /v1/recovery-grants`. */
  recover(file: string, grants: string, custody: string, now: string): string;
  /** Makes the code of a recovery kit; first message of its registration. */
  begin_kit(): string;
  /** As it is printed, until `forget_kit`. */
  readonly kit_code: string | undefined;
  /** Whether the group of this number, from 1, was typed back. */
  is_kit_group(number: number, typed: string): boolean;
  /** Body of `POST /v1/kit/finish`. */
  finish_kit(reply: string): string;
  forget_kit(): void;
  renew_manifests(manifests: string): void;
  /** Three steps of sealing a page anew, each with the vault's answer to the one before; JSON of ResealStep. */
  reseal_list(page: string, now: string): string;
  reseal_open(answer: string, now: string): string;
  reseal_seal(answer: string): string;
  open_locator(row: string): string;
  open_fields(answer: string): string;
  forget(depositId: string): void;
  lock(): void;
  free(): void;
}

/** One attempt to sign in (OPAQUE). The passphrase stays in WASM memory. */
export interface Attempt {
  readonly message: string;
  finish(reply: string): string;
  remember(place: string): void;
  remember_log(key: string, place: string): void;
  /** Ingest's timestamp note, and this browser's clock in Unix seconds. */
  confirm(timestamp: string, now: number): void;
  unlock(
    passphrase: string,
    identity: string,
    roster: string,
    custody: string,
    anchor: string,
    manifests: string,
  ): Opener;
  /** Instead of `unlock`, for somebody who waits: the words of the own identity. */
  waiting_words(waiting: string, anchor: string): string;
  free(): void;
}

/** Holder of this tab's half of what unlocks a session. */
export interface Tab {
  /** For sessionStorage; never sent. */
  readonly half: string;
  /** For the header of every request. */
  readonly proof: string;
  /** What the vault is to keep: body of `POST /v1/session/identity`; nothing when the passphrase is needed again anyway. */
  keep(opener: Opener): string | undefined;
  remember(place: string): void;
  remember_log(key: string, place: string): void;
  confirm(timestamp: string, now: number): void;
  /** What the PRF of a passkey is asked for, base64url. */
  readonly prf_input: string;
  /** Unlocks by the output of a passkey's PRF, and what the vault gave for the passkey. */
  unlock(
    prf: Uint8Array,
    wrapped: string,
    identity: string,
    roster: string,
    custody: string,
    anchor: string,
    manifests: string,
  ): Opener;
  resume(
    resumed: string,
    identity: string,
    roster: string,
    custody: string,
    anchor: string,
    manifests: string,
  ): Opener;
  free(): void;
}

/** One attempt to join by an invitation. The passphrase stays in WASM memory. */
export interface Joiner {
  readonly message: string;
  /** JSON of `registration` and `identity`. */
  finish(reply: string, anchor: string): string;
  /** Of the new identity, after `finish`. */
  readonly words: string | undefined;
  free(): void;
}

/** One attempt to get back in by the code of a recovery kit. Code and keys stay in WASM memory. */
export interface Recovery {
  readonly message: string;
  finish(reply: string): string;
  /** Takes the vault's answer to that: the identity, and whether a log is kept. */
  unlock(identity: string, logs: boolean, anchor: string): void;
  begin_passphrase(passphrase: string): string;
  /** JSON of `registration`, `wrapped` and, where a log is kept, `log`. */
  finish_passphrase(reply: string, logKey: string, logPlace: string, now: string): string;
  /** Takes the proof of the log; what to remember of it. */
  logged(inLog: string): string | undefined;
  free(): void;
}

/** Lets somebody join once; the vault gets the hash only. */
export interface InvitationToken {
  readonly token: string;
  readonly token_hash: string;
}

export interface Engine {
  attempt(passphrase: string): Attempt;
  joiner(passphrase: string): Joiner;
  invitation(): InvitationToken;
  /** Reads what was typed of a code; throws what is wrong with it. */
  recovery(code: string): Recovery;
  /** A fresh tab, or the one of this half; throws when that is none. */
  tab(half?: string): Tab;
}

/** Fetches, checks and starts the module. A second try covers a connection that broke. */
export async function loadEngine(config: Config): Promise<Engine> {
  try {
    await start(config).catch(() => start(config));
  } catch {
    throw new EngineError("the WASM module was not loaded");
  }
  return {
    attempt: (passphrase) => new LoginAttempt(passphrase),
    joiner: (passphrase) => new Joining(passphrase),
    invitation: () => JSON.parse(new_invitation()) as InvitationToken,
    recovery: (code) => new RecoveryHandle(code),
    tab: (half) => {
      const tab = new TabHandle(config.anchor, half);
      return {
        half: tab.half,
        proof: tab.proof,
        prf_input: tab.prf_input,
        // The glue takes its own class only, and every opener is one
        keep: (opener) => tab.keep(opener as OpenerHandle),
        remember: (place) => tab.remember(place),
        remember_log: (key, place) => tab.remember_log(key, place),
        confirm: (timestamp, now) => tab.confirm(timestamp, now),
        unlock: (...answers) => tab.unlock(...answers),
        resume: (...answers) => tab.resume(...answers),
        free: () => tab.free(),
      };
    },
  };
}

async function start({ wasmFile, wasmIntegrity }: Config): Promise<void> {
  const response = await fetch(new URL(wasmFile, document.baseURI), {
    integrity: wasmIntegrity,
    credentials: "omit",
    redirect: "error",
  });
  if (!response.ok) throw new EngineError(`the WASM module answered ${response.status}`);
  await init({ module_or_path: response });
}
