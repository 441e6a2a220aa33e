// The pages of an admin who is signed in: each view with what the session does for it.

import { Clipboard } from "./clipboard.ts";
import type { Config } from "./config.ts";
import { browserClock } from "./countdown.ts";
import { painted } from "./dom.ts";
import { isSignedOut, sentence, WrongPassphrase } from "./failure.ts";
import { judge, qr } from "./judge.ts";
import { whyNotResealed } from "./notes.ts";
import { hasPasskeys } from "./passkey.ts";
import { Resealing } from "./reseal.ts";
import { joinLink } from "./route.ts";
import type { Session } from "./session.ts";
import type { Status } from "./status.ts";
import { accountView } from "./views/account.ts";
import { keysView } from "./views/keys.ts";
import type { KeysView } from "./views/keys.ts";
import type { NewKit } from "./views/kit.ts";
import { LogView } from "./views/log.ts";
import { PeopleView } from "./views/people.ts";
import type { ResealProps } from "./views/reseal.ts";
import { SearchView } from "./views/search.ts";
import type { View } from "./views/view.ts";
import type { IndexRow } from "./wire.ts";

/** What a page has of the application around it. */
export interface Host {
  readonly config: Config;
  readonly status: Status;
  /** Keeps what is on screen, unless the vault has ended the session. */
  readonly fail: (error: unknown, again: () => void) => void;
  /** The vault has ended the session. */
  readonly ended: (note: string) => void;
  readonly open: (row: IndexRow) => void;
  readonly search: () => void;
  readonly keys: () => void;
  /** Keys were recovered, and are there from the next unlocking on. */
  readonly recovered: () => void;
  /** Seconds. */
  readonly lockAfter: () => number;
  readonly setLockAfter: (seconds: number) => void;
}

export class Pages {
  #resealing: Resealing | undefined;

  constructor(
    private readonly session: Session,
    private readonly host: Host,
  ) {}

  /** Stops what goes on in the background. */
  close(): void {
    this.#resealing?.stop();
    this.#resealing = undefined;
  }

  search(): SearchView {
    const { session, host } = this;
    return new SearchView({ search: (request) => session.search(request), open: host.open, ...this.told() });
  }

  people(): PeopleView {
    const { session, host } = this;
    return new PeopleView({
      load: () => session.team(),
      change: (request) => session.change(request),
      cosign: (proposal) => session.cosign(proposal),
      drop: ({ head }) => session.vault.dropProposal(head),
      withdraw: (name) => session.vault.withdraw(name),
      invite: async (name, roles) => joinLink(await session.invite(name, roles)),
      // A link is meant to be taken elsewhere: not the clipboard that values are taken off again
      copy: (text) => new Clipboard(navigator.clipboard).copy(text),
      keys: host.keys,
      back: host.search,
      ...this.told(),
    });
  }

  log(): View {
    const { session, host } = this;
    return new LogView({
      logs: session.logs,
      reads: session.readsLog,
      people: session.people,
      read: (first, count) => session.readLog(first, count),
      back: host.search,
      ...this.told(),
    });
  }

  keys(): KeysView {
    const { session, host } = this;
    const { keys, people } = session;
    const isAdmin = people.some(({ own, state, roles }) => own && state === "active" && roles.includes("admin"));
    const lacks = keys.keys.some(({ held, state }) => !held && state !== "discarded" && state !== "purged");
    const recover = isAdmin && lacks ? (file: File) => this.recoverKeys(file) : undefined;
    const known = keys.keys.some(({ known }) => known);
    const reseal = isAdmin && known && session.logs ? this.resealing() : undefined;
    return keysView({ keys, recover, reseal, back: host.search });
  }

  account(): View {
    const { session, host } = this;
    const { vault, user } = session;
    const { config } = host;
    return accountView({
      user,
      site: config.site,
      addresses: { admin: `${location.origin}${location.pathname}`, vault: config.vault },
      kit: () => vault.kit(),
      makeKit: (passphrase) => this.makeKit(passphrase),
      isKitGroup: (number, typed) => session.isKitGroup(number, typed),
      keepKit: () => this.asked(() => session.keepKit()),
      dropKit: () => this.asked(() => vault.dropKit()),
      forgetKit: () => session.forgetKit(),
      hasPasskeys: hasPasskeys(),
      passkeys: () => vault.passkeys(),
      addPasskey: (name, passphrase) => this.withPassphrase(() => session.addPasskey(name, passphrase, config.site, painted)),
      removePasskey: (id) => this.asked(() => session.removePasskey(id)),
      change: ({ old, next }) => this.withPassphrase(async () => void (await session.changePassphrase(old, next, painted))),
      judge: (passphrase) => judge(config, passphrase, [user, config.site]),
      lockAfter: host.lockAfter(),
      limit: session.as.expires_in,
      setLockAfter: (seconds) => this.asked(() => vault.setLockAfter(seconds), () => host.setLockAfter(seconds)),
      sessions: () => vault.sessions(),
      endSession: (id) => this.asked(() => session.endSession(id)),
      endOthers: () => this.asked(() => session.endOtherSessions()),
      failed: host.fail,
      say: (text) => host.status.say(text),
      back: host.search,
    });
  }

  private told(): { say: (text: string) => void; fail: Host["fail"]; worked: () => void } {
    const { status, fail } = this.host;
    return { say: (text) => status.say(text), fail, worked: () => status.clear() };
  }

  private resealing(): ResealProps {
    const { session, host } = this;
    return {
      load: () => session.vault.resealLeft(),
      current: () => this.#resealing,
      begin: () => {
        const resealing = new Resealing(session.resealing, () => browserClock.now());
        this.#resealing = resealing;
        void resealing.run();
        return resealing;
      },
      locked: whyNotResealed(session),
      say: (text) => host.status.say(text),
      fail: host.fail,
    };
  }

  private async recoverKeys(file: File): Promise<string | undefined> {
    return this.asked(async () => this.session.recoverKeys(await file.text()), this.host.recovered);
  }

  private makeKit(passphrase: string): Promise<NewKit | string> {
    return this.withPassphrase(async () => {
      const code = await this.session.makeKit(passphrase, painted);
      return { code, qr: await qr(this.host.config, code) };
    });
  }

  /** A sentence when it did not work. */
  private async asked(ask: () => Promise<void>, then?: () => void): Promise<string | undefined> {
    try {
      await ask();
      then?.();
      return undefined;
    } catch (error) {
      return this.failure(error);
    }
  }

  /** Something that shows the passphrase once more; a sentence when it did not work. */
  private async withPassphrase<T>(ask: () => Promise<T>): Promise<T | string> {
    try {
      return await ask();
    } catch (error) {
      const said = this.failure(error);
      return error instanceof WrongPassphrase ? "The passphrase that you signed in with is not right." : said;
    }
  }

  private failure(error: unknown): string {
    const said = sentence(error);
    if (isSignedOut(error)) this.host.ended(said);
    return said;
  }
}
