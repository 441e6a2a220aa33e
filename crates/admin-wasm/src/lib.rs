//! Bindings over `nightsafe-core` and `nightsafe-login` for the admin site: conversions, no logic.
//!
//! # The JavaScript API
//!
//! Everything that crosses is text: base64url without padding (`b64u`), lowercase hex, or JSON in the shapes of the
//! vault's HTTP API, so that a response body can be handed over as it came. Private keys, locator secrets and the
//! passphrase stay in WASM memory; `lock()` and `free()` zeroise them. Opened values are the only secrets that leave.
//!
//! ```ts
//! // -- signing in (OPAQUE; runs Argon2id with 64 MiB once, inside `finish`, about a second) --
//! export class LoginAttempt {
//!   /** Starts an attempt; the passphrase is copied into WASM memory and zeroised by finish() or free(). */
//!   constructor(passphrase: string);
//!   /** b64u, the `message` of POST /v1/login/start. */
//!   readonly message: string;
//!   /** Takes the `message` of the vault's answer; gives the b64u `message` of POST /v1/login/finish.
//!    *  Throws `wrong_passphrase` (also for an unknown user: they look alike) or `malformed`.
//!    *  The attempt is used up either way: a second call throws `locked`. */
//!   finish(reply: string): string;
//!   /** Before unlock(): `roster_place` of an earlier sign-in with this browser. */
//!   remember(place: string): void;
//!   /** Before unlock(): the audit log's public key, as the admin site carries it (empty when it carries none), and
//!    *  `log_place` of an earlier sign-in with this browser. */
//!   remember_log(key: string, place: string): void;
//!   /** Before unlock(): the timestamp note, as ingest gave it, and the browser's clock in Unix seconds. Without it, or with
//!    *  a note that names no roster or is out of date, the roster is not confirmed. */
//!   confirm(timestamp: string, now: number): void;
//!   /** Once, after finish(): unlocks the identity by what the sign-in gave, verifies roster and manifests from the site
//!    *  keys down, and opens the data keys that are granted to it. Data keys of before there was a roster are unwrapped
//!    *  with the passphrase (Argon2id with 64 MiB once more, about a second).
//!    *  @param passphrase the same as for signing in
//!    *  @param identity   body of GET /v1/identity
//!    *  @param roster     body of GET /v1/roster
//!    *  @param custody    body of GET /v1/custody
//!    *  @param anchor     text of the trust anchor that the admin script carries
//!    *  @param manifests  body of GET /v1/manifests
//!    *  Throws `wrong_passphrase`, `identity_refused`, `roster_refused`, `roster_rolled_back`, `roster_forked`,
//!    *  `roster_not_current` (it ends before the entry that the note names), `timestamp_refused` (the note names no manifest
//!    *  that the vault has, or is not by its key), `log_key_missing`, `malformed`, `locked`. A manifest or a grant that
//!    *  does not verify is left out and counted. */
//!   unlock(passphrase: string, identity: string, roster: string, custody: string, anchor: string, manifests: string): Opener;
//!   /** Instead of unlock(), for somebody who has joined and is not in the roster yet: the words of the own identity.
//!    *  @param waiting the 202 body of POST /v1/login/finish
//!    *  Throws `identity_refused`, `malformed`, `locked`. */
//!   waiting_words(waiting: string, anchor: string): string;
//!   free(): void;
//! }
//!
//! // -- inviting and joining --
//! /** JSON of a fresh `token` (b64u, for a link) and its `token_hash` (of POST /v1/invitations). */
//! export function new_invitation(): string;
//! export class Joining {
//!   constructor(passphrase: string);
//!   /** b64u, the `message` of POST /v1/invitations/start. */
//!   readonly message: string;
//!   /** Takes the `message` of the answer (runs Argon2id once); gives `registration` and `identity` of POST
//!    *  /v1/invitations/finish as JSON. Throws `malformed`, `locked`. */
//!   finish(reply: string, anchor: string): string;
//!   /** After finish(): the words of the new identity. */
//!   readonly words: string | undefined;
//!   free(): void;
//! }
//!
//! // -- getting back in by a recovery kit --
//! export class Recovery {
//!   /** Throws `code_length`, or `code_typo_1` to `code_typo_7` with the number of the group. */
//!   constructor(code: string);
//!   /** b64u, the `message` of POST /v1/recovery/start. */
//!   readonly message: string;
//!   /** As in LoginAttempt; the `message` of POST /v1/recovery/finish. Throws `wrong_passphrase`, `malformed`, `locked`. */
//!   finish(reply: string): string;
//!   /** Unlocks the identity by the members `identity` and `logs` of that answer. Throws `identity_refused`, `malformed`. */
//!   unlock(identity: string, logs: boolean, anchor: string): void;
//!   /** After that: b64u, the `message` of POST /v1/recovery/passphrase/start. Throws `locked`. */
//!   begin_passphrase(passphrase: string): string;
//!   /** Takes the `message` of the answer (runs Argon2id once); gives `registration`, `wrapped` and, where a log is kept, `log` of
//!    *  POST /v1/recovery/passphrase/finish as JSON. Key and place of the log as in remember_log(); `now` as for sign().
//!    *  Throws `log_key_missing`, `malformed`, `locked`. */
//!   finish_passphrase(reply: string, log_key: string, log_place: string, now: string): string;
//!   /** Takes the `log` member of the answer; gives what to remember of the log. Throws as Opener.logged(). */
//!   logged(in_log: string): string | undefined;
//!   free(): void;
//! }
//!
//! // -- a session of one tab (docs/spec/session.md) --
//! export class Tab {
//!   /** A fresh half, or what `half` gave before. Throws `malformed`.
//!    *  @param anchor text of the trust anchor */
//!   constructor(anchor: string, half: string | undefined);
//!   /** b64u, for sessionStorage and nothing else: it is never sent. */
//!   readonly half: string;
//!   /** b64u, for the header `nightsafe-tab` of every request. */
//!   readonly proof: string;
//!   /** Body of POST /v1/session/identity; undefined when the passphrase is needed after a reload anyway. */
//!   keep(opener: Opener): string | undefined;
//!   /** As in LoginAttempt. */
//!   remember(place: string): void;
//!   remember_log(key: string, place: string): void;
//!   confirm(timestamp: string, now: number): void;
//!   /** What the PRF of a passkey is asked for (`prf.eval.first`), b64u. */
//!   readonly prf_input: string;
//!   /** Unlocks by a passkey. `prf` is the output of its PRF, 32 bytes, `wrapped` (b64u) is of the answer to POST
//!    *  /v1/login/passkey/finish, the others as in LoginAttempt.unlock. Throws as that does, and `passphrase_needed`. */
//!   unlock(prf: Uint8Array, wrapped: string, identity: string, roster: string, custody: string, anchor: string,
//!     manifests: string): Opener;
//!   /** Unlocks without the passphrase. The answers as in LoginAttempt.unlock; `resumed` is that of POST /v1/session/resume.
//!    *  Throws as that does, and `passphrase_needed`. */
//!   resume(resumed: string, identity: string, roster: string, custody: string, anchor: string, manifests: string): Opener;
//!   free(): void;
//! }
//!
//! // -- opening --
//! export class Opener {
//!   /** Ids of the data keys that were unwrapped, as a JSON array of hex. */
//!   readonly key_ids: string;
//!   /** How many data keys the vault has grants of that were refused: made by nobody of the roster, or damaged. 0 is
//!    *  normal. */
//!   readonly refused_grants: number;
//!   /** Body of POST /v1/identity, for an admin who has none yet: a first one, wrapped under this sign-in. */
//!   readonly new_identity: string | undefined;
//!   /** The words of this admin's identity, while the roster does not name it: whoever signs it in compares them. */
//!   readonly words: string | undefined;
//!   /** Body of POST /v1/grants: of data keys and audit keys that this admin holds, to those of the roster who lack them; to
//!    *  oneself, of data keys that only the passphrase opened. As soon as the roster names this admin. Signed, where a log is
//!    *  kept; `now` as for sign(). Throws `malformed`, `locked`. */
//!   new_grants(now: string): string | undefined;
//!   /** How many of the vault's manifests were refused: not signed by enough site keys, or malformed. 0 is normal. */
//!   readonly refused_manifests: number;
//!   /** Takes the body of GET /v1/manifests again: a deposit may be newer than the sign-in. `refused_manifests` counts
//!    *  anew. Throws `malformed`, `locked`. */
//!   renew_manifests(manifests: string): void;
//!   /** Opens the locator of one IndexRow (JSON, as POST /v1/deposits/search gives it) and remembers it under its
//!    *  deposit id, for open_fields. Never throws for what a server may have done to the row: that is a difference.
//!    *  Throws `malformed` when the text is not an IndexRow, `locked` after lock(). */
//!   open_locator(row: string): string; // JSON of OpenedLocator
//!   /** Opens the answer of POST /v1/openings (whole body; many deposits at once). Every deposit in it must have been
//!    *  through open_locator. In the request, each field's tag goes into `open` or into `check`: a field in neither
//!    *  is reported as missing. Where a log is kept, an answer with rows must show the signed entries there.
//!    *  Throws `malformed`, `unknown_deposit`, `log_refused`, `log_rolled_back`, `log_forked`, `locked`. */
//!   open_fields(answer: string): string; // JSON of OpenedDeposits
//!   /** Body of POST /v1/openings: `chosen` is JSON of {deposit_id, fields: {kind, index}[]}[]; every other field of these
//!    *  deposits is compared. Signed, where a log is kept: then each deposit must have been compared before (an answer
//!    *  without rows through open_fields), or it throws `unchecked`. `now` is RFC 3339 without a fraction.
//!    *  Throws `malformed`, `unknown_deposit`, `locked`. */
//!   request_open(chosen: string, purpose: string, now: string): string;
//!   // -- the audit log --
//!   /** Whether it is kept: the roster names this admin and an audit key. Then nothing is done at the vault but with what
//!    *  sign() and request_open() give, and an answer counts once logged() or open_fields() took its `log`. */
//!   readonly logs: boolean;
//!   /** Whether this admin can open entries: an audit key is granted. */
//!   readonly reads_log: boolean;
//!   /** How many entries it had when it was last seen, in decimal; `since` of POST /v1/log/entries. */
//!   readonly log_size: string;
//!   /** What to remember of it, in this browser. */
//!   readonly log_place: string | undefined;
//!   /** Signs what is to be done, JSON of Deed[]; gives the `log` member of a request, or the body of POST /v1/log/record.
//!    *  One at a time: the next call forgets what was signed before. Throws `malformed`, `no_log`, `locked`. */
//!   sign(deeds: string, now: string): string;
//!   /** Takes the `log` member of the answer, or the answer of POST /v1/log/record. Throws `log_refused`,
//!    *  `log_rolled_back`, `log_forked`, `malformed`, `no_log`, `locked`. */
//!   logged(in_log: string): void;
//!   /** Takes the answer of POST /v1/log/entries with `since`; gives JSON of Log. Throws as logged(). */
//!   read_log(entries: string): string;
//!   /** Begins a new passphrase: b64u, the `message` of POST /v1/passphrase/start. Throws `no_identity`, `locked`. */
//!   begin_passphrase(passphrase: string): string;
//!   /** Takes the `message` of the answer (runs Argon2id once); gives `registration` and `wrapped` of POST
//!    *  /v1/passphrase/finish as JSON. Throws `malformed`, `locked`. */
//!   finish_passphrase(reply: string): string;
//!   // -- a recovery kit --
//!   /** Makes the code: b64u, the `registration` of POST /v1/kit/start. Throws `no_identity`, `locked`. */
//!   begin_kit(): string;
//!   /** The code as it is printed, from then on until forget_kit(). */
//!   readonly kit_code: string | undefined;
//!   /** Whether this is how somebody types the group of this number, from 1. */
//!   is_kit_group(number: number, typed: string): boolean;
//!   /** Takes the `message` of the answer (runs Argon2id once); gives the body of POST /v1/kit/finish. Throws `malformed`, `locked`. */
//!   finish_kit(reply: string): string;
//!   forget_kit(): void;
//!   /** What to remember of the verified roster, in this browser: sequence number, head, and whether it is `unconfirmed`. */
//!   readonly roster_place: string | undefined;
//!   /** Whether the roster is known to be the current one: the timestamp note says so; it goes on from one that was
//!    *  confirmed to this browser; only the vault says so; there is none. */
//!   readonly roster_trust: "confirmed" | "remembered" | "unconfirmed" | "none";
//!   /** JSON of Keys: what the verified manifests say of every data key at this Unix time, and what is due. */
//!   keys(now: number): string;
//!   /** Everybody who is or was in the verified roster, as JSON of Person[]; `[]` while there is none. */
//!   readonly people: string;
//!   /** How many admins must sign a change of the roster; 0 while there is none. */
//!   readonly threshold: number;
//!   /** Takes the bodies of GET /v1/roster and GET /v1/custody again; `people`, `roster_place`, `threshold` and `new_grants`
//!    *  are then those of now. Throws `roster_refused`, `roster_rolled_back`, `roster_forked`, `no_identity`, `malformed`, `locked`. */
//!   renew_roster(roster: string, custody: string): void;
//!   /** Body of GET /v1/invitations -> JSON of Waiting[], with words that follow from the keys. */
//!   waiting(invitations: string): string;
//!   /** Body of GET /v1/roster/proposals -> JSON of Proposal[]; what could not follow the roster is left out. */
//!   proposals(proposals: string): string;
//!   /** Signs a change; gives the body of POST /v1/roster, with its entries where a log is kept. The words of whom it brings in MUST have been compared.
//!    *  @param request JSON of ChangeRequest
//!    *  @param now     RFC 3339, whole seconds
//!    *  Throws `roster_unconfirmed`, `last_admin`, `name_taken`, `change_refused`, `no_identity`, `malformed`, `locked`. */
//!   change(request: string, now: string): string;
//!   /** The same of somebody else's proposal, its `entry`, with the body of GET /v1/invitations. */
//!   cosign(entry: string, invitations: string, now: string): string;
//!   /** Opens what this admin does not hold with the organisation's recovery key, and grants it to this admin: body of POST
//!    *  /v1/recovery-grants. Text of the key's file, bodies of GET /v1/recovery-grants and GET /v1/custody. Throws
//!    *  `recovery_key_refused`, `recovery_grants_refused`, `nothing_to_recover`, `roster_unconfirmed`, `no_identity`, `malformed`, `locked`. */
//!   recover(file: string, grants: string, custody: string, now: string): string;
//!   /** Body of POST /v1/passkeys/finish. `made`: JSON of {name, credential, client_data, authenticator_data}, all but the name in
//!    *  b64u; `prf`: the output of its PRF, if it has one; `now` as for sign(). Throws `no_identity`, `malformed`, `locked`. */
//!   add_passkey(made: string, prf: Uint8Array | undefined, now: string): string;
//!   /** Body of POST /v1/passkeys/remove, of the passkey's id in hex. Throws `malformed`, `locked`. */
//!   remove_passkey(id: string, now: string): string;
//!   /** Forgets one deposit's locator (when its values are hidden again). */
//!   forget(deposit_id: string): void;
//!   /** Zeroises keys and locators; every later call throws `locked`. */
//!   lock(): void;
//!   free(): void;
//! }
//!
//! type Deed = { action: "sign-in" | "sign-out" | "passphrase-change" } | { action: "search", criteria: string[] }
//!   | { action: "list", limit: number };
//! /** Newest last, as asked for. `problem` is a finding of docs/spec/audit-entry.md: nothing of that entry is believed; with
//!  *  neither problem nor action, it is sealed to a key that this admin does not hold. `by` is absent for the vault. */
//! type Log = { size: number, entries: { number: number, problem?: string, action?: string, by?: string, at?: string,
//!   purpose?: string, deposit_id?: string, fields?: {kind: string, index: number}[], criteria?: string[],
//!   identity?: string, added?: boolean /* a passkey: or removed */,
//!   data_key?: string /* key id */, state?: string /* that it came into */ }[] };
//! type Person = { identity: string, name: string, roles: string[], words: string,
//!   state: "active" | "replaced" | "replaced_lost" | "left" | "lost" | "compromised" | "other", since: string /* RFC 3339 */, own: boolean };
//! type Keys = {
//!   keys: { key_id: string, suite: string, state: "pending" | "active" | "retiring" | "retired" | "discarded" | "purged",
//!           start: string /* RFC 3339 */, until?: string /* when it goes into the next state by itself */,
//!           held: boolean /* this admin opens what is sealed to it */ }[], // by start
//!   due: { code: "manifest_ends" | "manifest_ended" | "key_overdue" | "no_next_key", days?: number, at?: string }[],
//!   ends?: string // when the manifest in force ends
//! };
//! type ChangeRequest = { change: "admit", person: object /* of Waiting */,
//!       old_keys?: "lost" | "forgotten" /* where somebody gets new keys; without it they are lost */ }
//!   | { change: "revoke", identity: string, reason: "left" | "lost" | "compromised" | "other" }
//!   | { change: "roles", identity: string, roles: string[] } | { change: "threshold", threshold: 1 | 2 };
//! type Waiting = { name: string, roles: string[], words: string, replaces: boolean, joined: string, person: object };
//! type Proposal = { head: string, time: string, signed: string[] /* names */, own: boolean, entry: string,
//!   changes: { change: "add" | "revoke" | "replace" | "roles" | "threshold" | "audit-key", name?: string, roles?: string[],
//!              words?: string, reason?: string, threshold?: number }[] };
//! type OpenedLocator = {
//!   deposit_id: string,
//!   fields: { kind: string, index: number, tag: string /* hex64, for `open` or `check` */,
//!             labels: { [lang: string]: string } /* e.g. {en: "Card"}; {} when the manifest is unknown */,
//!             parts: string[] /* part names in the manifest's order; ["value"] for a text kind */ }[],
//!   differences: Difference[]
//! };
//! type OpenedDeposits = { deposits: {
//!   deposit_id: string,
//!   fields: { kind: string, index: number, parts: { name: string, value: string }[] }[], // only what opened
//!   differences: Difference[] // also those of fields that were only checked
//! }[] };
//! /** What a server or a thief did to a deposit. kind and index name a field, facet names a facet. */
//! type Difference = { code: DifferenceCode, kind?: string, index?: number, facet?: string };
//! type DifferenceCode =
//!   | "locator_unreadable"    // exchanged, sealed under another manifest, or damaged: nothing more can be said
//!   | "manifest_unpublished"  // sealed under a manifest that the site keys never signed: do not trust the values
//!   | "key_unknown"           // sealed to a data key that this admin does not hold: nothing more can be said
//!   | "site_edited" | "reference_edited" | "facet_edited" // the index row differs from the sealed locator
//!   | "field_missing"         // the locator names it, the vault has no row
//!   | "field_replaced"        // only checked: the vault's row is not what the shopper's browser sealed
//!   | "field_resealed"        // opened: the row was sealed for this place by somebody else
//!   | "field_exchanged"       // opened: the row belongs to another place or is damaged
//!   | "field_added"           // beside the right row lies a second one
//!   | "field_unreadable"      // the right row, but it does not open: it was never sealed for this place
//!   | "facet_mismatch";       // a facet derived again from the opened value differs from the locator's
//! ```
//!
//! Every error is an `Error` with a stable `code` property (`wrong_passphrase`, `identity_refused`, `roster_refused`, `roster_rolled_back`,
//! `roster_forked`, `roster_not_current`, `roster_unconfirmed`, `timestamp_refused`, `no_identity`, `passphrase_needed`, `last_admin`, `name_taken`, `change_refused`,
//! `recovery_key_refused`, `recovery_grants_refused`, `nothing_to_recover`, `code_length`, `code_typo_1` to `code_typo_7`, `log_key_missing`, `no_log`, `log_refused`, `log_rolled_back`, `log_forked`, `unchecked`,
//! `malformed`, `unknown_deposit`, `locked`, `randomness`, `memory`) and a `message` for the console that holds no input.

#![forbid(unsafe_code)]

mod change;
mod failure;
mod join;
mod journal;
mod log_view;
mod login;
mod opener;
mod people;
mod place;
mod recovery;
mod session;
mod tab;
mod unlock;
mod view;

pub use join::{Joining, new_invitation};
pub use login::LoginAttempt;
pub use opener::Opener;
pub use recovery::Recovery;
pub use tab::Tab;

/// Texts that come from JavaScript are grown by the glue, JSON is read into strings: all of it is wiped when it is freed.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: nightsafe_wipe::Wiping = nightsafe_wipe::Wiping(std::alloc::System);
