// One sign-in: from passphrase to opened keys, and back to nothing.

import type { Config } from "./config.ts";
import type { Deed, Difference, Engine, Log, OpenedDeposit, OpenedLocator, Opener, Person, SealedField } from "./engine.ts";
import { errorCode, isSignedOut, KeysNotUnlocked, Refused, VaultNotTrusted, WrongPassphrase } from "./failure.ts";
import { Journal, now } from "./journal.ts";
import type { Memory } from "./remembered.ts";
import type { Vault } from "./vault.ts";
import type { IndexRow, Purpose, SearchRequest, SearchResult } from "./wire.ts";

/** What is going on, for the person who waits. */
export type Step = "loading" | "checking" | "asking" | "unlocking";

export interface Credentials {
  readonly user: string;
  readonly passphrase: string;
}

/** Signs in and unlocks the keys. `paint` lets the browser show the step before the WASM keeps it busy. */
export async function signIn(
  { user, passphrase }: Credentials,
  parts: {
    readonly engine: Promise<Engine>;
    readonly vault: Vault;
    readonly config: Config;
    readonly memory: Memory;
  },
  step: (step: Step) => void,
  paint: () => Promise<void>,
): Promise<Session> {
  const { vault, config, memory } = parts;
  step("loading");
  const engine = await parts.engine;
  step("asking");
  const attempt = engine.attempt(passphrase);
  try {
    const reply = await vault.loginStart(user, attempt.message);
    step("checking");
    await paint();
    await vault.loginFinish({ login: reply.login, message: finish(() => attempt.finish(reply.message)) });
    try {
      step("asking");
      const [identity, roster, custody, manifests] = await Promise.all([
        vault.identity(),
        vault.roster(),
        vault.custody(),
        vault.manifests(),
      ]);
      step("unlocking");
      await paint();
      attempt.remember(memory.read("roster"));
      attempt.remember_log(config.logKey, memory.read("log"));
      const opener = unlocked(() =>
        attempt.unlock(passphrase, identity, roster, custody, config.anchor, manifests),
      );
      if (opener.roster_place !== undefined) memory.write("roster", opener.roster_place);
      try {
        const journal = new Journal(opener, vault, memory);
        // Before anything else is asked for: the vault gives nothing to a sign-in that it has not recorded
        await journal.record([{ action: "sign-in" }]);
        await settle(opener, vault, journal);
        return new Session(user, vault, opener, engine, journal);
      } catch (error) {
        opener.free();
        throw error;
      }
    } catch (error) {
      vault.logout().catch(() => undefined); // the token ends by itself; what went wrong before matters more
      throw error;
    }
  } finally {
    attempt.free();
  }
}

/**
 * Brings an installation whose data keys are under the passphrase to identity and grants, a step at each sign-in. What
 * the vault does not take now is made again next time: nothing of it is needed to work today.
 */
async function settle(opener: Opener, vault: Vault, journal: Journal): Promise<void> {
  const { new_identity: identity, new_grants: grants } = opener;
  try {
    if (identity !== undefined) await vault.takeIdentity(identity);
    if (grants === undefined) return;
    await vault.grant(grants);
    const granted = JSON.parse(opener.newly_granted) as readonly string[];
    await journal.record(granted.map((data_key) => ({ action: "grant", data_key }) as const));
  } catch (error) {
    if (isSignedOut(error)) throw error;
  }
}

interface Renewed {
  readonly registration: string;
  readonly wrapped: string;
}

export class Session {
  #opener: Opener | undefined;

  constructor(
    readonly user: string,
    readonly vault: Vault,
    opener: Opener,
    private readonly engine: Engine,
    private readonly journal: Journal,
  ) {
    this.#opener = opener;
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

  /** Everybody of the verified roster. */
  get people(): readonly Person[] {
    return JSON.parse(this.opener.people) as readonly Person[];
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
    const manifests = await this.vault.manifests();
    this.opener.renew_manifests(manifests);
    return this.located(row);
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
        const body = this.opener.request_open(JSON.stringify(wanted), purpose, now());
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

  /** Zeroises the keys and ends the session at the vault, if that answers; signed, when somebody signs out. */
  lock(deed?: Deed & { readonly action: "sign-out" }): void {
    const opener = this.#opener;
    this.#opener = undefined;
    const entry = deed !== undefined && opener?.logs === true ? opener.sign(JSON.stringify([deed]), now()) : undefined;
    opener?.lock();
    opener?.free();
    const ended = entry === undefined ? this.vault.logout() : this.vault.signOff(entry);
    ended.catch(() => undefined);
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

function finish(run: () => string): string {
  try {
    return run();
  } catch (error) {
    throw errorCode(error) === "wrong_passphrase" ? new WrongPassphrase() : error;
  }
}

function unlocked(run: () => Opener): Opener {
  let opener: Opener;
  try {
    opener = run();
  } catch (error) {
    const code = errorCode(error);
    if (/^(?:roster|identity)_/.test(code)) throw new VaultNotTrusted(code);
    throw code === "wrong_passphrase" ? new KeysNotUnlocked() : error;
  }
  if (opener.key_ids === "[]") {
    const refused = opener.refused_grants > 0;
    opener.free();
    throw refused ? new VaultNotTrusted("grants_refused") : new KeysNotUnlocked();
  }
  return opener;
}
