// The WASM module: loaded only when its bytes are the ones that this script names.

import init, { LoginAttempt } from "#admin-wasm";
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
  readonly state: "active" | "replaced" | "left" | "lost" | "compromised" | "other";
  /** RFC 3339. */
  readonly since: string;
  /** Who is signed in. */
  readonly own: boolean;
}

/** What is signed for the audit log, besides openings. */
export type Deed =
  | { readonly action: "sign-in" | "sign-out" | "passphrase-change" }
  | { readonly action: "search"; readonly criteria: readonly string[] }
  | { readonly action: "list"; readonly limit: number }
  | { readonly action: "grant"; readonly data_key: string };

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
}

export interface Log {
  readonly size: number;
  readonly entries: readonly LogEntry[];
}

/** Holder of the private keys, in WASM memory. Everything that crosses is text. */
export interface Opener {
  readonly key_ids: string;
  readonly refused_manifests: number;
  readonly refused_grants: number;
  /** What the vault is to keep: bodies of `POST /v1/identity` and `POST /v1/grants`. */
  readonly new_identity: string | undefined;
  readonly new_grants: string | undefined;
  /** Of an identity that the roster does not name. */
  readonly words: string | undefined;
  /** What to remember of the verified roster. */
  readonly roster_place: string | undefined;
  /** JSON of Person[]. */
  readonly people: string;
  /** Ids of the data keys that `new_grants` grants; JSON. */
  readonly newly_granted: string;
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
  begin_passphrase(passphrase: string): string;
  /** JSON of `registration` and `wrapped`. */
  finish_passphrase(reply: string): string;
  renew_manifests(manifests: string): void;
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
  unlock(
    passphrase: string,
    identity: string,
    roster: string,
    custody: string,
    anchor: string,
    manifests: string,
  ): Opener;
  free(): void;
}

export interface Engine {
  attempt(passphrase: string): Attempt;
}

/** Fetches, checks and starts the module. A second try covers a connection that broke. */
export async function loadEngine(config: Config): Promise<Engine> {
  try {
    await start(config).catch(() => start(config));
  } catch {
    throw new EngineError("the WASM module was not loaded");
  }
  return { attempt: (passphrase) => new LoginAttempt(passphrase) };
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
