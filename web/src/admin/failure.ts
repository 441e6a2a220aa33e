// Everything that can go wrong, and how it is said to a person.

import { ShapeError } from "./decode.ts";
import type { Problem } from "./wire.ts";

/** The vault gave no answer: switched off, not reachable from here, or the network is down. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** The vault answered with an error (RFC 9457). */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(
    readonly status: number,
    readonly problem: Problem | undefined,
  ) {
    super(`the vault answered ${status}`);
  }

  /** Last segment of the problem's `type`, or an empty text. */
  get slug(): string {
    return this.problem?.type?.split("/").at(-1) ?? "";
  }
}

/** The WASM module could not be fetched, or is not the one that this script names. */
export class EngineError extends Error {
  override readonly name = "EngineError";
}

/** Name or passphrase is wrong; which of the two, nobody can tell. */
export class WrongPassphrase extends Error {
  override readonly name = "WrongPassphrase";
}

/** Name or recovery code is wrong, or there is no kit for this name; which of these, nobody can tell. */
export class WrongCode extends Error {
  override readonly name = "WrongCode";
}

/** No passkey answered; `message` is the browser's name of the reason (WebAuthn level 3), which it blurs on purpose. */
export class PasskeyFailed extends Error {
  override readonly name = "PasskeyFailed";
}

/** A passkey signed, and is not one that the vault takes. */
export class PasskeyRefused extends Error {
  override readonly name = "PasskeyRefused";
}

/** A passkey signed, and gave nothing to unlock with in this browser. */
export class PasskeyWithoutKey extends Error {
  override readonly name = "PasskeyWithoutKey";
}

/** Signed in, but the passphrase does not unlock the keys, or the vault holds none. */
export class KeysNotUnlocked extends Error {
  override readonly name = "KeysNotUnlocked";
}

/** What the vault handed out is not what site keys and admins signed: a vault that was broken into could do that. */
export class VaultNotTrusted extends Error {
  override readonly name = "VaultNotTrusted";
}

/** The vault's audit log is not the one that was seen, or does not hold what was signed. */
export class LogNotTrusted extends Error {
  override readonly name = "LogNotTrusted";
}

/** Turns the WASM's word on the log, and the vault's own, into that error. */
export function logError(error: unknown): unknown {
  const code = errorCode(error);
  if (/^log_(?:refused|rolled_back|forked)$/.test(code)) return new LogNotTrusted(code);
  return error instanceof Refused && error.slug === "log-shorter" ? new LogNotTrusted("log_rolled_back") : error;
}

/** This tab's half and the vault's do not unlock the keys: the passphrase does. */
export class PassphraseNeeded extends Error {
  override readonly name = "PassphraseNeeded";
}

/** Signed in with the right passphrase, but nobody has signed this person in to the list of admins yet. */
export class StillWaiting extends Error {
  override readonly name = "StillWaiting";
  constructor(readonly words: string) {
    super("not in the roster yet");
  }
}

/** A passphrase that holds the name it is for. */
export class NamedPassphrase extends Error {
  override readonly name = "NamedPassphrase";
}

/** The vault no longer knows this session. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof Refused && error.status === 401 && error.slug !== "sign-in-failed";
}

/** Trying again may help: nothing was refused, the vault just did not answer. */
export function isTemporary(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || error.status === 429));
}

/** The stable `code` of an error thrown by the WASM, or an empty text. */
export function errorCode(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** One or two sentences for the person at the screen: what happened, and what to do. */
export function sentence(error: unknown): string {
  if (error instanceof Refused) return refusal(error);
  if (error instanceof Unreachable) return SENTENCES.unreachable;
  if (error instanceof EngineError) return SENTENCES.engine;
  if (error instanceof WrongPassphrase) return SENTENCES.passphrase;
  if (error instanceof WrongCode) return SENTENCES.code;
  if (error instanceof PasskeyFailed) return PASSKEY.get(error.message) ?? SENTENCES.passkey;
  if (error instanceof PasskeyRefused) return SENTENCES.passkeyWrong;
  if (error instanceof PasskeyWithoutKey) return SENTENCES.passkeyAlone;
  if (error instanceof KeysNotUnlocked) return SENTENCES.keys;
  if (error instanceof VaultNotTrusted) return `${SENTENCES.distrust} (${error.message})`;
  if (error instanceof LogNotTrusted) return `${SENTENCES.log} (${error.message})`;
  if (errorCode(error) === "log_key_missing") return SENTENCES.logKey;
  if (error instanceof NamedPassphrase) return SENTENCES.named;
  const [, group] = /^code_typo_([1-7])$/.exec(errorCode(error)) ?? [];
  if (group !== undefined) return `Group ${group} of the code is not as it was printed. Compare its five characters with the page.`;
  const change = BY_CODE.get(errorCode(error));
  if (change !== undefined) return change;
  if (errorCode(error) === "no_identity") return SENTENCES.young;
  if (errorCode(error) === "memory") return SENTENCES.memory;
  if (error instanceof ShapeError || errorCode(error) === "malformed") return SENTENCES.shape;
  return SENTENCES.unexpected;
}

const SENTENCES = {
  unreachable:
    "The vault does not answer. What you see here stays as it is. " +
    "Check that the vault is switched on and that you are on its network, then try again.",
  stranger:
    "What answers on the network in the vault’s place does not have the vault’s key, so nothing was sent to it. " +
    "Do not go on: tell whoever runs the vault. If it was given a new key, they know the new pin for nightsafe admin.",
  engine:
    "The program that opens deposits did not arrive unaltered, so nothing was sent. " +
    "Reload the page. If it happens again, do not sign in, and tell whoever runs this site.",
  passphrase: "The name or the passphrase is not right. Type both again.",
  code:
    "The name or the code is not right, or there is no kit for this name any more: a kit is good once, and a new one takes its place. " +
    "Compare both with the page.",
  passkey:
    "No passkey answered: it was cancelled, took too long, or this device has none for this site. Nothing has changed. Try again, or use another way.",
  passkeyThere: "This device has a passkey of yours already: one is enough. Add one on another device, or remove that one first.",
  passkeyUnable: "This device cannot make a passkey that asks for a fingerprint, a face or a PIN. Set one up in its settings, or use another device.",
  passkeyHost: "Passkeys do not work at this address. Open the admin site by its host name, or tell whoever runs it.",
  passkeyAlone:
    "This passkey does not unlock your keys by itself, here at least. Sign in with name and passphrase: the passkey is asked for after them.",
  passkeyWrong:
    "The vault does not take this passkey: it was removed, belongs to somebody else, or there is a copy of it. Try again with another of yours; " +
    "without any, a recovery kit or another admin gets you back in.",
  passkeyLate: "That took too long, or the passkey was made in another tab. Begin again.",
  passkeyRefused: "The vault does not take this passkey. Try another one, or another browser.",
  passkeyFull: "The vault has this passkey already, or you have eight: remove one first.",
  passkeyGone: "There is no such passkey any more.",
  codeLength: "The code has seven groups of five characters. Type all of them.",
  kitLate: "That took too long: the code was forgotten. Throw the printed page away, and begin again.",
  recoveryLate: "That took too long, or the kit was used meanwhile. Sign in if the new passphrase is set already; else begin again with the code.",
  recoveryKey: "This is not the file of this site’s recovery key. Choose the file that nightsafe init wrote.",
  recoveryGrants:
    "What the vault keeps for the recovery key does not open with it. Nothing was granted. Tell whoever runs the vault: " +
    "either a row is damaged, or somebody tries to pass off a key. nightsafe open --offline with a copy of the vault’s database tells more.",
  nothing: "The recovery key opens nothing that you do not hold already.",
  notHeld:
    "Nothing is sealed anew here: the data key of now is not granted to you, so this browser could not look at what it sealed before it sends it. " +
    "Ask an admin who can open new orders.",
  unlike: "What this browser sealed anew does not open to what was there. Nothing was sent, and the orders are as they were. Reload the page, and tell whoever looks after it if that happens again.",
  notActive:
    "Nothing can be sealed anew now: somebody who has left was granted the data key of now, or another one has just taken over. " +
    "Look at this page again; it says what is due.",
  keys:
    "You are known to the vault, but this passphrase does not unlock any key there. Tell whoever runs the vault.",
  distrust:
    "The vault’s list of admins, or what it keeps for you, is not what was signed. Nothing was opened. " +
    "Do not try again: the vault may have been broken into. Tell whoever holds the site keys.",
  log:
    "The audit log that the vault shows is not the one that this browser has seen before: entries were changed, taken out, " +
    "or not written. Nothing was opened. Do not go on: tell whoever runs the vault, and the other admins. If they have " +
    "just restored a backup, and said so before you asked, clear this site’s data in your browser and sign in again.",
  logKey:
    "This page was built without the key of the audit log, so nothing that you do could be checked there. " +
    "Tell whoever runs this site: nightsafe site build fills it in.",
  noLog:
    "The list of admins names an audit log, and the vault says that it keeps none. Nothing was done. " +
    "Tell whoever runs the vault.",
  logOff:
    "The vault cannot write its audit log now, and does nothing that it cannot record. Try again in a minute; " +
    "if it stays, tell whoever runs the vault.",
  clock:
    "The clock of this device differs from the vault’s by more than five minutes, and a record with a wrong time is refused. " +
    "Set the clock to the right time, then try again.",
  roster: "The signed list of admins does not name you, so the vault lets you do nothing. Ask another admin.",
  differs: "What lies in the vault has changed while you looked at it. Nothing was opened. Compare again, then choose again.",
  named: "The passphrase holds your name. Choose another.",
  alone:
    "That would leave too few admins to sign the next change. Invite another admin first, or ask for one signature only.",
  unconfirmed:
    "Nobody but the vault says that the list of admins is the current one, so nothing was signed or granted. " +
    "Sign in again when ingest can be reached, and tell whoever runs it.",
  taken: "Somebody has this name, or one that reads the same. Choose another.",
  refused: "The list of admins does not take this change. Look at the list as it is now, then decide again.",
  moved: "Somebody else changed the list of admins at the same time. Look at the list as it is now, then decide again.",
  unanchored:
    "This vault takes no changes of people: it was not given the site’s trust anchor. Tell whoever runs the vault.",
  notAdmin: "Only an admin of the list may do this.",
  invited: "There is an open invitation for this name, or somebody waits under it. Withdraw that first.",
  invitation:
    "This invitation is not good any more: it was used, withdrawn, or is older than three days. Ask for a new one.",
  unknown: "Nobody waits with these keys any more. Look at the list as it is now, then decide again.",
  young: "Your own keys were made at this sign-in. Sign out and in again, then change the passphrase.",
  shape:
    "The vault answered in a way that this page does not understand. The page or the vault may need an update.",
  memory: "This device has too little free memory to work on the passphrase. Close other tabs, then try again.",
  origin:
    "The vault does not know this page’s address as its admin site. " +
    "Open the admin site by the address that you were given, or tell whoever runs the vault.",
  session: "Your session has ended. Sign in again to go on.",
  forbidden: "You may not do this with your account. Ask whoever runs the vault.",
  kind:
    "Your account may not open one of these kinds of field. Nothing was opened. " +
    "Choose others, or ask whoever runs the vault.",
  gone: "The vault does not hold this deposit. It may have been deleted when its time was up.",
  large: "That was too much at once. Choose fewer fields and try again.",
  search: "The vault cannot search for that. Check what you typed in the form.",
  often: "Too many tries in a short time. Wait a minute, then try again.",
  server:
    "The vault has a problem of its own and could not answer. " +
    "Try again in a minute; if it stays, tell whoever runs the vault.",
  unexpected:
    "Something unexpected happened on this page. Nothing was opened. " +
    "Reload the page and sign in again; if it happens again, tell whoever runs the vault.",
} as const;

const BY_CODE: ReadonlyMap<string, string> = new Map([
  ["last_admin", SENTENCES.alone],
  ["roster_unconfirmed", SENTENCES.unconfirmed],
  ["name_taken", SENTENCES.taken],
  ["change_refused", SENTENCES.refused],
  ["code_length", SENTENCES.codeLength],
  ["recovery_key_refused", SENTENCES.recoveryKey],
  ["recovery_grants_refused", SENTENCES.recoveryGrants],
  ["nothing_to_recover", SENTENCES.nothing],
  ["not_the_active_key", SENTENCES.notActive],
  ["active_key_not_held", SENTENCES.notHeld],
  ["resealed_unlike", SENTENCES.unlike],
]);

/** By the browser's names. */
const PASSKEY: ReadonlyMap<string, string> = new Map([
  ["InvalidStateError", SENTENCES.passkeyThere],
  ["ConstraintError", SENTENCES.passkeyUnable],
  ["NotSupportedError", SENTENCES.passkeyUnable],
  ["SecurityError", SENTENCES.passkeyHost],
]);

const BY_SLUG: ReadonlyMap<string, string> = new Map([
  ["not-an-admin", SENTENCES.notAdmin],
  ["no-trust-anchor", SENTENCES.unanchored],
  ["invitation-exists", SENTENCES.invited],
  ["name-taken", SENTENCES.taken],
  ["unknown-invitation", SENTENCES.invitation],
  ["unknown-newcomer", SENTENCES.unknown],
  ["roster-moved", SENTENCES.moved],
  ["roster-refused", SENTENCES.refused],
  ["sign-in-failed", SENTENCES.passphrase],
  ["kit-not-begun", SENTENCES.kitLate],
  ["passkey-not-begun", SENTENCES.passkeyLate],
  ["passkey-refused", SENTENCES.passkeyRefused],
  ["passkey-not-added", SENTENCES.passkeyFull],
  ["unknown-passkey", SENTENCES.passkeyGone],
  ["passkey-needs-passphrase", SENTENCES.passkeyAlone],
  ["passkeys-unavailable", SENTENCES.passkeyHost],
  ["recovery-ended", SENTENCES.recoveryLate],
  ["foreign-origin", SENTENCES.origin],
  ["opening-not-allowed", SENTENCES.kind],
  ["batch-too-large", SENTENCES.large],
  ["malformed-search", SENTENCES.search],
  ["log-unavailable", SENTENCES.logOff],
  ["no-log", SENTENCES.noLog],
  ["clock-differs", SENTENCES.clock],
  ["not-in-roster", SENTENCES.roster],
  ["sign-in-not-recorded", SENTENCES.session],
  ["log-entry-differs", SENTENCES.differs],
  ["not-the-active-key", SENTENCES.notActive],
  ["vault-unreachable", SENTENCES.unreachable],
  ["vault-not-recognised", SENTENCES.stranger],
]);

const BY_STATUS: ReadonlyMap<number, string> = new Map([
  [401, SENTENCES.session],
  [403, SENTENCES.forbidden],
  [404, SENTENCES.gone],
  [413, SENTENCES.large],
  [429, SENTENCES.often],
]);

function refusal({ status, problem, slug }: Refused): string {
  const known = BY_SLUG.get(slug) ?? BY_STATUS.get(status) ?? (status >= 500 ? SENTENCES.server : undefined);
  if (known !== undefined) return known;
  const said = problem?.detail ?? problem?.title;
  return said === undefined ? "The vault refused this request." : `The vault refused this request: ${ended(said)}`;
}

function ended(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
