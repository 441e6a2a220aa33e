// One sign-in: from passphrase to opened keys, and back to nothing.

import type { Config } from "./config.ts";
import type {
  ChangeRequest,
  Deed,
  Difference,
  Due,
  Engine,
  Keys,
  Log,
  OpenedDeposit,
  OpenedLocator,
  Opener,
  Person,
  Proposal,
  SealedField,
  Tab,
  Waiting,
} from "./engine.ts";
import {
  errorCode,
  isSignedOut,
  isTemporary,
  KeysNotUnlocked,
  LogNotTrusted,
  PasskeyRefused,
  PasskeyWithoutKey,
  PassphraseNeeded,
  Refused,
  StillWaiting,
  VaultNotTrusted,
  WrongPassphrase,
} from "./failure.ts";
import { Journal, timeText } from "./journal.ts";
import { assertPasskey, makePasskey } from "./passkey.ts";
import type { Memory } from "./remembered.ts";
import type { Work } from "./reseal.ts";
import type { TabMemory } from "./tab.ts";
import type { Vault } from "./vault.ts";
import { readInvitations } from "./wire.ts";
import type { IndexRow, LoginResult, OpenInvitation, PasskeyAsked, Purpose, SearchRequest, SearchResult } from "./wire.ts";

/** What is going on, for the person who waits. */
export type Step = "loading" | "checking" | "asking" | "passkey" | "unlocking";

export interface Credentials {
  readonly user: string;
  readonly passphrase: string;
}

/** What a session is made with. */
export interface Parts {
  readonly engine: Promise<Engine>;
  readonly vault: Vault;
  readonly config: Config;
  readonly memory: Memory;
  readonly tab: TabMemory;
  /** Ingest's timestamp note, if it gives one; never throws. */
  readonly timestamp: () => Promise<string | undefined>;
  /** Unix time, in seconds. */
  readonly now: () => number;
}

/** Signs in and unlocks the keys. `paint` lets the browser show the step before the WASM keeps it busy. */
export async function signIn(
  { user, passphrase }: Credentials,
  parts: Parts,
  step: (step: Step) => void,
  paint: () => Promise<void>,
): Promise<Session> {
  const { vault, config } = parts;
  step("loading");
  const engine = await parts.engine;
  step("asking");
  const attempt = engine.attempt(passphrase);
  const tab = engine.tab();
  const note = parts.timestamp();
  try {
    const reply = await vault.loginStart(user, attempt.message);
    step("checking");
    await paint();
    const last = { login: reply.login, message: finish(() => attempt.finish(reply.message)) };
    const limits = await vault.loginFinish(last, tab.proof);
    if (typeof limits === "string") throw new StillWaiting(trusted(() => attempt.waiting_words(limits, config.anchor)));
    const begun = "passkey" in limits ? await second(limits.passkey, tab, vault, step) : limits;
    const unlock = (...all: Unlocking): Opener => attempt.unlock(passphrase, ...all);
    return await begin({ ...begun, user }, { engine, tab, note, by: attempt, unlock }, parts, step, paint);
  } finally {
    attempt.free();
    tab.free();
  }
}

/** Signs in with a passkey alone, and unlocks the keys by it. */
export async function signInByPasskey(parts: Parts, step: (step: Step) => void, paint: () => Promise<void>): Promise<Session> {
  const { vault } = parts;
  step("loading");
  const engine = await parts.engine;
  const tab = engine.tab();
  const note = parts.timestamp();
  let prf: Uint8Array | undefined;
  try {
    const asked = await vault.passkeyLoginStart();
    step("passkey");
    const asserted = await assertPasskey(asked, tab.prf_input);
    const output = (prf = asserted.prf);
    step("asking");
    const { wrapped, ...as } = await taken(() => vault.passkeyLoginFinish(asserted.answer, tab.proof));
    const unlock = (...all: Unlocking): Opener => {
      if (output === undefined) throw new PasskeyWithoutKey();
      return tab.unlock(output, wrapped, ...all);
    };
    return await begin(as, { engine, tab, note, by: tab, unlock }, parts, step, paint);
  } finally {
    prf?.fill(0);
    tab.free();
  }
}

/** The passkey that is asked for after the passphrase. */
async function second(asked: PasskeyAsked, { proof }: Tab, vault: Vault, step: (step: Step) => void): Promise<LoginResult> {
  step("passkey");
  const { answer } = await assertPasskey(asked);
  step("asking");
  return taken(() => vault.loginPasskey(answer, proof));
}

/** Neither name nor passphrase is what is wrong here. */
async function taken<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof Refused && error.slug === "sign-in-failed" ? new PasskeyRefused() : error;
  }
}

/** Identity, roster, custody, trust anchor, manifests. */
type Unlocking = [string, string, string, string, string];

/** What a session begins with, besides the vault's answers. */
interface Beginning {
  readonly engine: Engine;
  readonly tab: Tab;
  readonly note: Promise<string | undefined>;
  /** What remembers for the unlocking. */
  readonly by: Pick<Tab, "remember" | "remember_log" | "confirm">;
  readonly unlock: (...all: Unlocking) => Opener;
}

/** From a session at the vault to opened keys; ends it when there are none. */
async function begin(
  as: LoginResult & { readonly user: string },
  { engine, tab, note, by, unlock }: Beginning,
  parts: Parts,
  step: (step: Step) => void,
  paint: () => Promise<void>,
): Promise<Session> {
  const { vault, config, memory, now } = parts;
  try {
    step("asking");
    // Before the list is asked for, so that a change in between cannot make a good list look like an old one
    const timestamp = await note;
    const [identity, roster, custody, manifests] = await answers(vault);
    step("unlocking");
    await paint();
    const seen = memory.read("roster");
    by.remember(seen);
    by.remember_log(config.logKey, memory.read("log"));
    if (timestamp !== undefined) by.confirm(timestamp, now());
    const opener = unlocked(() => unlock(identity, roster, custody, config.anchor, manifests));
    if (opener.roster_place !== undefined) memory.write("roster", opener.roster_place);
    return await freedOnFailure(opener, async () => {
      const journal = new Journal(opener, vault, memory);
      // Before anything else is asked for: the vault gives nothing to a sign-in that it has not recorded
      await journal.record([{ action: "sign-in" }]);
      await settle(opener, vault, journal);
      await keep(tab, opener, parts);
      return new Session(as, vault, opener, engine, journal, memory, trust(opener), now);
    });
  } catch (error) {
    vault.logout().catch(() => undefined); // the session ends by itself; what went wrong before matters more
    throw error;
  }
}

/**
 * Goes on with this tab's session after a reload: by its half, the vault's half, and the identity that the vault keeps
 * wrapped under both. Ends the session when that does not unlock the keys; keeps it when the vault just does not answer.
 */
export async function resume(half: string, parts: Parts, paint: () => Promise<void>): Promise<Session> {
  const { vault, config, memory, now } = parts;
  const engine = await parts.engine;
  const tab = engine.tab(half);
  const note = parts.timestamp();
  try {
    const { source, ...limits } = await vault.resume(tab.proof);
    const timestamp = await note; // before the list is asked for, as at a sign-in
    const [identity, roster, custody, manifests] = await answers(vault);
    await paint();
    const seen = memory.read("roster");
    tab.remember(seen);
    tab.remember_log(config.logKey, memory.read("log"));
    if (timestamp !== undefined) tab.confirm(timestamp, now());
    const opener = unlocked(() => tab.resume(source, identity, roster, custody, config.anchor, manifests));
    if (opener.roster_place !== undefined) memory.write("roster", opener.roster_place);
    return await freedOnFailure(opener, async () => {
      // The sign-in of this session is in the log already
      const journal = new Journal(opener, vault, memory);
      await settle(opener, vault, journal);
      return new Session(limits, vault, opener, engine, journal, memory, trust(opener), now);
    });
  } catch (error) {
    if (isTemporary(error)) vault.leave();
    else vault.logout().catch(() => undefined);
    throw error;
  } finally {
    tab.free();
  }
}

/** Keys of a session that does not come about are forgotten at once. */
async function freedOnFailure(opener: Opener, run: () => Promise<Session>): Promise<Session> {
  try {
    return await run();
  } catch (error) {
    opener.free();
    throw error;
  }
}

/** What the WASM unlocks with and verifies, as it comes. */
function answers(vault: Vault): Promise<[string, string, string, string]> {
  return Promise.all([vault.identity(), vault.roster(), vault.custody(), vault.manifests()]);
}

/** For a reload. Where the vault does not keep it, or the passphrase is needed anyway, the tab keeps nothing either. */
async function keep(own: Tab, opener: Opener, { vault, tab }: Parts): Promise<void> {
  tab.clear();
  try {
    const kept = own.keep(opener);
    if (kept === undefined) return;
    await vault.keepIdentity(kept);
    tab.begin(own.half);
  } catch (error) {
    if (isSignedOut(error)) throw error;
  }
}

/**
 * Brings an installation whose data keys are under the passphrase to identity and grants, a step at each sign-in. What
 * the vault does not take now is made again next time: nothing of it is needed to work today.
 */
async function settle(opener: Opener, vault: Vault, journal: Journal): Promise<void> {
  const { new_identity: identity } = opener;
  try {
    if (identity !== undefined) await vault.takeIdentity(identity);
    await journal.grant();
  } catch (error) {
    if (isSignedOut(error) || error instanceof LogNotTrusted) throw error;
  }
}

const TRUST = ["confirmed", "remembered", "unconfirmed", "none"] as const;

/**
 * How far the list of admins is known to be the current one: the timestamp note says so; it goes on from one that was
 * confirmed to this browser; only the vault says so; there is none.
 */
export type Trust = (typeof TRUST)[number];

function trust({ roster_trust: text }: Opener): Trust {
  return TRUST.find((one) => one === text) ?? "unconfirmed";
}

/** Who is an admin, and all that waits for one. */
export interface Team {
  readonly people: readonly Person[];
  readonly threshold: number;
  /** Whether who is signed in may change the roster. All lists below are empty otherwise. */
  readonly admin: boolean;
  readonly waiting: readonly Waiting[];
  readonly open: readonly OpenInvitation[];
  readonly proposals: readonly Proposal[];
  /** That somebody who has left opens what is sealed now. */
  readonly due: Due | undefined;
}

/** Three days, the longest that the vault takes. */
const INVITATION_SECONDS = 72 * 3600;

/** Deposits: a page is some seconds of work at most, and that much is done twice when it is interrupted. */
const RESEALED_AT_ONCE = 10;

interface Renewed {
  readonly registration: string;
  readonly wrapped: string;
}

export class Session {
  #opener: Opener | undefined;
  /** What the vault is to keep of a kit, once its code was typed back. */
  #kit: string | undefined;

  constructor(
    /** Who is signed in, until when without a request, and when the page locks. */
    readonly as: LoginResult & { readonly user: string },
    readonly vault: Vault,
    opener: Opener,
    private readonly engine: Engine,
    private readonly journal: Journal,
    private readonly memory: Memory,
    /** Of the list of admins. */
    readonly trust: Trust,
    private readonly now: () => number,
  ) {
    this.#opener = opener;
  }

  get user(): string {
    return this.as.user;
  }

  /** Whether what is done here is recorded in the audit log. */
  get logs(): boolean {
    return this.opener.logs;
  }

  /** Whether the audit log can be read here. */
  get readsLog(): boolean {
    return this.opener.reads_log;
  }

  /** Finds deposits; recorded by the names of what was looked for. */
  search(request: SearchRequest): Promise<SearchResult> {
    return this.journal.search(request);
  }

  /** Entries of the audit log, verified and opened; `count` 0 tells how many there are. */
  readLog(first: number, count: number): Promise<Log> {
    return this.journal.read(first, count);
  }

  /** Data keys with grants that are not what an admin of the roster made; 0 is normal. */
  get refusedGrants(): number {
    return this.opener.refused_grants;
  }

  /** Sealing anew what somebody who has left could open. */
  get resealing(): Work {
    return {
      left: () => this.vault.resealLeft(),
      page: (key, after) => this.journal.reseal(key, after, RESEALED_AT_ONCE),
    };
  }

  /** Takes roster, keys and manifests as they are now. */
  async renew(): Promise<void> {
    await this.renewRoster();
    await this.renewManifests();
  }

  /** Everybody of the verified roster. */
  get people(): readonly Person[] {
    return JSON.parse(this.opener.people) as readonly Person[];
  }

  /** Every data key as it stands now, and what is due. */
  get keys(): Keys {
    return JSON.parse(this.opener.keys(this.now())) as Keys;
  }

  private get knownToLeaver(): Due | undefined {
    return this.keys.due.find(({ code }) => code === "key_known_to_leaver");
  }

  /** The roster as it is now, verified again, with all that waits; for who may change it. */
  async team(): Promise<Team> {
    await this.renewRoster();
    const { people } = this;
    const { threshold } = this.opener;
    const admin = people.some(({ own, state, roles }) => own && state === "active" && roles.includes("admin"));
    // A manifest that was signed since may have ended it
    if (this.knownToLeaver !== undefined) await this.renewManifests();
    const due = this.knownToLeaver;
    if (!admin) return { people, threshold, admin, waiting: [], open: [], proposals: [], due };
    const [invitations, proposals] = await Promise.all([this.vault.invitations(), this.vault.proposals()]);
    const waiting = JSON.parse(this.opener.waiting(invitations)) as readonly Waiting[];
    const { open } = readInvitations(JSON.parse(invitations), "/v1/invitations");
    return { people, threshold, admin, waiting, open, proposals: JSON.parse(this.opener.proposals(proposals)) as readonly Proposal[], due };
  }

  /** Signs a change; whether it is taken, or waits for another admin's signature. */
  async change(request: ChangeRequest): Promise<boolean> {
    return (await this.journal.changeRoster((now) => this.opener.change(JSON.stringify(request), now))).taken;
  }

  /** Signs what another admin signed. */
  async cosign({ entry }: Proposal): Promise<boolean> {
    const invitations = await this.vault.invitations();
    return (await this.journal.changeRoster((now) => this.opener.cosign(entry, invitations, now))).taken;
  }

  /** Invites somebody for three days; gives the token, which is known to nobody else. */
  async invite(name: string, roles: readonly string[]): Promise<string> {
    const { token, token_hash } = this.engine.invitation();
    await this.vault.invite({ name, roles, token_hash, lifetime: INVITATION_SECONDS });
    return token;
  }

  /** Ends another session of this admin. */
  endSession(id: string): Promise<void> {
    return this.journal.endSessions((log) => this.vault.endSession(id, log));
  }

  /** Ends all but this one. */
  endOtherSessions(): Promise<void> {
    return this.journal.endSessions((log) => this.vault.endOtherSessions(log));
  }

  private async renewRoster(): Promise<void> {
    if (this.opener.threshold === 0) return; // the site keys have not begun one
    const [roster, custody] = await Promise.all([this.vault.roster(), this.vault.custody()]);
    trusted(() => this.opener.renew_roster(roster, custody));
    const { roster_place: place } = this.opener;
    if (place !== undefined) this.memory.write("roster", place);
    await this.journal.grant();
  }

  /** Wraps this admin's keys under a new passphrase; nothing else changes. `paint` as for signing in. */
  async changePassphrase(old: string, next: string, paint: () => Promise<void>): Promise<void> {
    const attempt = this.engine.attempt(old);
    try {
      const { login, message } = await this.vault.loginStart(this.user, attempt.message);
      await paint();
      const proof = finish(() => attempt.finish(message));
      const reply = await this.vault.passphraseStart(this.opener.begin_passphrase(next));
      await paint();
      const { registration, wrapped } = JSON.parse(this.opener.finish_passphrase(reply)) as Renewed;
      await this.vault.passphraseFinish({ login, message: proof, registration, wrapped });
      await this.journal.record([{ action: "passphrase-change" }]);
    } finally {
      attempt.free();
    }
  }

  /** Whether any data key is granted to who is signed in. */
  get holdsKeys(): boolean {
    return this.opener.key_ids !== "[]";
  }

  /** Opens with the organisation's recovery key what this admin does not hold; it is there from the next unlocking on. */
  async recoverKeys(file: string): Promise<void> {
    const [grants, custody] = await Promise.all([this.vault.recoveryGrants(), this.vault.custody()]);
    await this.journal.grantRecovered((now) => this.opener.recover(file, grants, custody, now));
  }

  /** Makes a recovery kit, which the vault does not keep yet; gives its code. The passphrase is shown once more. */
  async makeKit(passphrase: string, paint: () => Promise<void>): Promise<string> {
    this.forgetKit();
    const attempt = this.engine.attempt(passphrase);
    try {
      const { login, message } = await this.vault.loginStart(this.user, attempt.message);
      await paint();
      const proof = finish(() => attempt.finish(message));
      const reply = await this.vault.kitStart({ login, message: proof, registration: this.opener.begin_kit() });
      await paint();
      this.#kit = this.opener.finish_kit(reply);
      const { kit_code: code } = this.opener;
      if (code === undefined) throw new Error("the kit was forgotten");
      return code;
    } catch (error) {
      this.forgetKit();
      throw error;
    } finally {
      attempt.free();
    }
  }

  /** Whether a group of the code, from 1, was typed back. */
  isKitGroup(number: number, typed: string): boolean {
    return this.opener.is_kit_group(number, typed);
  }

  /** Has the vault keep the kit, in the place of the one before. */
  async keepKit(): Promise<void> {
    if (this.#kit === undefined) throw new Error("no kit was made");
    await this.vault.kitFinish(this.#kit);
    this.forgetKit();
  }

  /** Forgets the code; harmless when there is none, or after `lock`. */
  forgetKit(): void {
    this.#kit = undefined;
    this.#opener?.forget_kit();
  }

  /** Adds a passkey, by this name; whether it unlocks by itself. The passphrase is shown once more. `paint` as for signing in. */
  async addPasskey(name: string, passphrase: string, site: string, paint: () => Promise<void>): Promise<boolean> {
    const attempt = this.engine.attempt(passphrase);
    const tab = this.engine.tab();
    const { prf_input: input } = tab;
    tab.free();
    let prf: Uint8Array | undefined;
    try {
      const { login, message } = await this.vault.loginStart(this.user, attempt.message);
      await paint();
      const started = await this.vault.passkeyStart({ login, message: finish(() => attempt.finish(message)) });
      const { prf: output, ...made } = await makePasskey(started, this.user, site, input);
      prf = output;
      const body = JSON.stringify({ name, ...made });
      await this.journal.changeOwn((now) => this.opener.add_passkey(body, output, now), (added) => this.vault.passkeyFinish(added));
      return output !== undefined;
    } finally {
      prf?.fill(0);
      attempt.free();
    }
  }

  /** Removes one of this admin's passkeys. */
  removePasskey(id: string): Promise<void> {
    return this.journal.changeOwn((now) => this.opener.remove_passkey(id, now), (removed) => this.vault.removePasskey(removed));
  }

  /** Twelve words to be compared by whoever signs this admin into the roster; nothing when that is done. */
  get words(): string | undefined {
    return this.opener.words;
  }

  /** Manifests that the vault offered and the site keys never signed; 0 is normal. */
  get refusedManifests(): number {
    return this.opener.refused_manifests;
  }

  /**
   * What the sealed locator says about a row: which fields there are, and what was changed. A manifest that is not known
   * may be newer than this sign-in: they are fetched again before anybody is alarmed.
   */
  async openLocator(row: IndexRow): Promise<OpenedLocator> {
    const located = this.located(row);
    if (!located.differences.some(({ code }) => code === "manifest_unpublished")) return located;
    await this.renewManifests();
    return this.located(row);
  }

  private async renewManifests(): Promise<void> {
    const manifests = await this.vault.manifests();
    this.opener.renew_manifests(manifests);
  }

  /** Compares the vault's hashes with the locator. Opens nothing, and nothing is recorded. */
  async check(depositId: string, fields: readonly SealedField[]): Promise<readonly Difference[]> {
    if (fields.length === 0) return [];
    const check = fields.map(({ tag }) => tag);
    const answer = await this.vault.openings({ deposits: [{ deposit_id: depositId, open: [], check }] });
    return this.read(depositId, answer).differences;
  }

  /**
   * Opens `chosen` in one request, and checks all other fields in the same. The signed entry names what the last check
   * found; when something else lies there by now, it is checked and signed once more.
   */
  async open(
    depositId: string,
    purpose: Purpose,
    chosen: readonly SealedField[],
    fields: readonly SealedField[],
  ): Promise<OpenedDeposit> {
    const request = (): Promise<OpenedDeposit> =>
      this.journal.alone(async () => {
        const wanted = [{ deposit_id: depositId, fields: chosen.map(({ kind, index }) => ({ kind, index })) }];
        const body = this.opener.request_open(JSON.stringify(wanted), purpose, timeText());
        return this.read(depositId, await this.vault.openings(body));
      });
    try {
      return await request();
    } catch (error) {
      const differs = error instanceof Refused && error.slug === "log-entry-differs";
      if (!differs && errorCode(error) !== "unchecked") throw error;
      await this.check(depositId, fields);
      return request();
    }
  }

  /** Forgets a deposit's locator; harmless when there is none, or after `lock`. */
  forget(depositId: string): void {
    this.#opener?.forget(depositId);
  }

  /** Zeroises the keys. The session itself goes on at the vault. */
  leave(): void {
    this.forgetKeys();
    this.vault.leave();
  }

  /** Zeroises the keys and ends the session at the vault, if that answers; signed, when somebody signs out. */
  lock(deed?: Deed & { readonly action: "sign-out" }): void {
    const opener = this.#opener;
    const entry = deed !== undefined && opener?.logs === true ? opener.sign(JSON.stringify([deed]), timeText()) : undefined;
    this.forgetKeys();
    const ended = entry === undefined ? this.vault.logout() : this.vault.signOff(entry);
    ended.catch(() => undefined);
  }

  private forgetKeys(): void {
    const opener = this.#opener;
    this.#opener = undefined;
    this.#kit = undefined;
    opener?.lock();
    opener?.free();
  }

  private located(row: IndexRow): OpenedLocator {
    return JSON.parse(this.opener.open_locator(row.source)) as OpenedLocator;
  }

  private read(depositId: string, answer: string): OpenedDeposit {
    const { deposits } = JSON.parse(this.journal.taken(() => this.opener.open_fields(answer))) as {
      deposits: readonly OpenedDeposit[];
    };
    const [opened] = deposits;
    if (opened?.deposit_id !== depositId) throw new Error("the vault answered for another deposit");
    return opened;
  }

  private get opener(): Opener {
    if (this.#opener === undefined) throw new Error("locked");
    return this.#opener;
  }
}

function isNamed({ people }: Opener): boolean {
  return (JSON.parse(people) as readonly Person[]).some(({ own, state }) => own && state === "active");
}

function finish(run: () => string): string {
  try {
    return run();
  } catch (error) {
    throw errorCode(error) === "wrong_passphrase" ? new WrongPassphrase() : error;
  }
}

/** What is not as it was signed is told from all else. */
function trusted<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    const code = errorCode(error);
    throw /^(?:roster|identity|timestamp)_/.test(code) ? new VaultNotTrusted(code) : error;
  }
}

function unlocked(run: () => Opener): Opener {
  let opener: Opener;
  try {
    opener = trusted(run);
  } catch (error) {
    const code = errorCode(error);
    if (code === "passphrase_needed") throw new PassphraseNeeded();
    throw code === "wrong_passphrase" ? new KeysNotUnlocked() : error;
  }
  // Somebody of the roster whom nobody is left to grant anything opens the keys with the organisation's recovery key
  if (opener.key_ids === "[]" && (opener.refused_grants > 0 || !isNamed(opener))) {
    const refused = opener.refused_grants > 0;
    opener.free();
    throw refused ? new VaultNotTrusted("grants_refused") : new KeysNotUnlocked();
  }
  return opener;
}
