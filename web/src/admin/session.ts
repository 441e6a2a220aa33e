// What an admin who is signed in can do: find, open, and change who else may. Ends with nothing.

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
  Waiting,
} from "./engine.ts";
import { errorCode, Refused } from "./failure.ts";
import { timeText } from "./journal.ts";
import type { Journal } from "./journal.ts";
import { makePasskey } from "./passkey.ts";
import type { Memory } from "./remembered.ts";
import type { Work } from "./reseal.ts";
import { finish, trusted } from "./trust.ts";
import type { Trust } from "./trust.ts";
import type { Vault } from "./vault.ts";
import { readInvitations } from "./wire.ts";
import type { IndexRow, LoginResult, OpenInvitation, Purpose, SearchRequest, SearchResult } from "./wire.ts";

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
