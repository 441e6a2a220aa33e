// The vault's API as this page reads it. Scalars: `b64u` is base64url without padding, `hex` is lowercase.

import { count, flag, integer, list, mapOf, matching, optional, shape, text } from "./decode.ts";
import type { Reader } from "./decode.ts";
import type { KeyLeft } from "./reseal.ts";

/** Why a field is opened; recorded by the vault with every opening. */
export const PURPOSES = ["charge", "debit", "ship", "contact", "refund", "dispute"] as const;
export type Purpose = (typeof PURPOSES)[number];

export interface Problem {
  /** Stable URI; the last segment is the slug that this page knows. */
  readonly type: string | undefined;
  readonly title: string | undefined;
  readonly detail: string | undefined;
}

export interface LoginStep {
  readonly login: string;
  readonly message: string;
}

export interface LoginResult {
  /** Seconds without a request after which the vault ends the session. */
  readonly expires_in: number;
  /** Seconds without use after which this page locks. */
  readonly lock_after: number;
}

/** A session that goes on. */
export interface Resumed extends LoginResult {
  readonly user: string;
  /** The answer as it came: what unlocks the identity is for the WASM. */
  readonly source: string;
}

export interface OwnSession {
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly started: string;
  readonly last_used: string;
  /** The one that asks. */
  readonly own: boolean;
}

/** A challenge for passkeys that are there; for any of them, when none is named. */
export interface PasskeyAsked {
  readonly challenge: string;
  readonly rp_id: string;
  readonly credentials: readonly string[];
  /** Seconds. */
  readonly expires_in: number;
}

/** What a new passkey is made with. */
export interface PasskeyStarted extends PasskeyAsked {
  readonly user: string;
  /** COSE names. */
  readonly algorithms: readonly number[];
}

/** What a passkey signed. */
export interface PasskeyAnswer {
  readonly credential: string;
  readonly client_data: string;
  readonly authenticator_data: string;
  readonly signature: string;
}

/** Signed in by a passkey alone. */
export interface PasskeyLoginResult extends LoginResult {
  readonly user: string;
  /** For the WASM: the identity, wrapped. */
  readonly wrapped: string;
}

export interface OwnPasskey {
  readonly id: string;
  readonly name: string;
  /** RFC 3339, UTC. */
  readonly made: string;
  readonly last_used: string | undefined;
  /** Without the passphrase. */
  readonly unlocks: boolean;
}

/** A sign-in with the old passphrase, and what the new one is registered with. */
export interface PassphraseChange extends LoginStep {
  readonly registration: string;
  readonly wrapped: string;
}

/** What a recovery kit is begun with: a sign-in with the passphrase, and a registration of the code. */
export interface KitBegin extends LoginStep {
  readonly registration: string;
}

/** A code that was right. */
export interface Recovered {
  /** Names the recovery until it ends. */
  readonly recovery: string;
  /** Seconds. */
  readonly expires_in: number;
  /** JSON for the WASM: what unlocks the identity. */
  readonly identity: string;
  /** Whether a log is kept. */
  readonly logs: boolean;
}

/** Somebody is invited. */
export interface InvitationRequest {
  readonly name: string;
  /** Ascending. */
  readonly roles: readonly string[];
  readonly token_hash: string;
  /** Seconds. */
  readonly lifetime: number;
}

export interface OpenInvitation {
  readonly name: string;
  readonly roles: readonly string[];
  readonly invited_by: string;
  /** RFC 3339. */
  readonly expires: string;
}

export interface JoinStep {
  readonly message: string;
  readonly name: string;
}

export interface PastOpening {
  readonly kind: string;
  readonly index: number;
  readonly purpose: string;
  /** RFC 3339, UTC. */
  readonly at: string;
}

export interface IndexRow {
  readonly deposit_id: string;
  readonly site: string;
  readonly reference: string;
  readonly manifest: string;
  readonly key_id: string;
  readonly facets: ReadonlyMap<string, string>;
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly openings: readonly PastOpening[];
  /** The row as it came, as JSON: what the WASM compares with the sealed locator. */
  readonly source: string;
}

/** Signed entries for the audit log, as the WASM made them, and where the log ended that it knows. */
export interface ToLog {
  readonly since: number;
  readonly entries: readonly { readonly salt: string; readonly signed: string }[];
}

export interface SearchRequest {
  readonly reference?: string;
  readonly brand?: string;
  readonly last4?: string;
  readonly postal_code?: string;
  readonly country?: string;
  readonly day?: string;
  readonly after?: string;
  readonly limit?: number;
  readonly log?: ToLog;
}

export interface SearchResult {
  readonly deposits: readonly IndexRow[];
  readonly next: string | undefined;
  /** JSON for the WASM: where the entry is in the log. */
  readonly log: string | undefined;
}

export interface RosterChanged {
  /** Or it waits for another admin's signature. */
  readonly taken: boolean;
  /** JSON for the WASM: where the entries are in the log. */
  readonly log: string | undefined;
}

export interface Recorded {
  /** The same. */
  readonly log: string | undefined;
}

/** What came of deposits that were sealed anew. */
export interface Resealed {
  /** Of which nothing was changed. */
  readonly conflicts: readonly string[];
}

/** Asks for hashes only; what opens comes from the WASM. */
export interface CheckRequest {
  readonly deposits: readonly {
    readonly deposit_id: string;
    readonly open: readonly never[];
    readonly check: readonly string[];
  }[];
}

const hex64 = matching(/^[0-9a-f]{64}$/);
const hex32 = matching(/^[0-9a-f]{32}$/);
const b64u = matching(/^[A-Za-z0-9_-]*$/);

export const readProblem: Reader<Problem> = shape<Problem>({
  type: optional(text),
  title: optional(text),
  detail: optional(text),
});

export const readLoginStep = shape<LoginStep>({ login: b64u, message: b64u });

export const readPassphraseStep = shape<{ readonly message: string }>({ message: b64u });

export const readLoginResult = shape<LoginResult>({ expires_in: count, lock_after: count });

const asked = { challenge: b64u, rp_id: text, credentials: list(b64u, 64), expires_in: count };

export const readPasskeyAsked = shape<PasskeyAsked>(asked);

export const readLoginPasskey = shape<{ readonly passkey: PasskeyAsked }>({ passkey: readPasskeyAsked });

export const readPasskeyStarted = shape<PasskeyStarted>({ ...asked, user: b64u, algorithms: list(integer, 16) });

export const readPasskeyLogin = shape<PasskeyLoginResult>({ user: text, expires_in: count, lock_after: count, wrapped: b64u });

export const readPasskeys = shape<{ readonly passkeys: readonly OwnPasskey[] }>({
  passkeys: list(shape<OwnPasskey>({ id: hex32, name: text, made: text, last_used: optional(text), unlocks: flag }), 64),
});

export const readResumed = shape<Omit<Resumed, "source">>({ user: text, expires_in: count, lock_after: count });

export const readKit = shape<{ readonly made: string | undefined }>({ made: optional(text) });

export const readSessions = shape<{ readonly sessions: readonly OwnSession[] }>({
  sessions: list(shape<OwnSession>({ id: hex32, started: text, last_used: text, own: flag }), 10_000),
});

export const readJoinStep = shape<JoinStep>({ message: b64u, name: text });

const openInvitation = shape<OpenInvitation>({ name: text, roles: list(text, 8), invited_by: text, expires: text });

export const readInvitations = shape<{ readonly open: readonly OpenInvitation[] }>({ open: list(openInvitation, 10_000) });

/** For the WASM, which reads it itself. */
const source: Reader<string> = (value) => JSON.stringify(value);

export const readRosterChanged = shape<RosterChanged>({ taken: flag, log: optional(source) });

export const readRecorded = shape<Recorded>({ log: optional(source) });

export const readRecovered = shape<Recovered>({ recovery: b64u, expires_in: count, identity: source, logs: flag });

export const readResealLeft = shape<{ readonly keys: readonly KeyLeft[] }>({
  keys: list(shape<KeyLeft>({ key_id: hex32, deposits: count }), 10_000),
});

export const readResealed = shape<Resealed>({ conflicts: list(hex64, 1000) });

const indexRow = shape<Omit<IndexRow, "source">>({
  deposit_id: hex64,
  site: text,
  reference: text,
  manifest: hex64,
  key_id: hex32,
  facets: mapOf(text),
  day: matching(/^\d{4}-\d{2}-\d{2}$/),
  openings: list(shape<PastOpening>({ kind: text, index: count, purpose: text, at: text }), 100_000),
});

const sourcedRow: Reader<IndexRow> = (value, place) => ({
  ...indexRow(value, place),
  source: JSON.stringify(value),
});

export const readSearchResult = shape<SearchResult>({
  deposits: list(sourcedRow, 1000),
  next: optional(text),
  log: optional(source),
});
