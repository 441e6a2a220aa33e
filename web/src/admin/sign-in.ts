// From a passphrase, a passkey, or what a reload left, to a session with opened keys.

import type { Config } from "./config.ts";
import type { Engine, Opener, Person, Tab } from "./engine.ts";
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
} from "./failure.ts";
import { Journal } from "./journal.ts";
import { assertPasskey } from "./passkey.ts";
import type { Memory } from "./remembered.ts";
import { Session } from "./session.ts";
import type { TabMemory } from "./tab.ts";
import { finish, trusted, trustOf } from "./trust.ts";
import type { Vault } from "./vault.ts";
import type { LoginResult, PasskeyAsked } from "./wire.ts";

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
      return new Session(as, vault, opener, engine, journal, memory, trustOf(opener), now);
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
      return new Session(limits, vault, opener, engine, journal, memory, trustOf(opener), now);
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

function isNamed({ people }: Opener): boolean {
  return (JSON.parse(people) as readonly Person[]).some(({ own, state }) => own && state === "active");
}
