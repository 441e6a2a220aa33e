// Which view is on screen, and every way in which secrets leave the page: lock, sign-out, background, unload.

import { Clipboard } from "./clipboard.ts";
import type { Config } from "./config.ts";
import { browserClock } from "./countdown.ts";
import { fill } from "./dom.ts";
import { dueSentence } from "./due.ts";
import type { Engine } from "./engine.ts";
import { lockTime } from "./format.ts";
import { judge, qr } from "./judge.ts";
import {
  EngineError,
  isSignedOut,
  isTemporary,
  PassphraseNeeded,
  sentence,
  StillWaiting,
  VaultNotTrusted,
  WrongPassphrase,
} from "./failure.ts";
import { IdleLock } from "./idle.ts";
import { join } from "./join.ts";
import type { Joined } from "./join.ts";
import { hasPasskeys } from "./passkey.ts";
import { showCode } from "./recover.ts";
import type { Recovering } from "./recover.ts";
import { browserMemory } from "./remembered.ts";
import { Resealing } from "./reseal.ts";
import { parseRoute, routeHash } from "./route.ts";
import { resume, signIn, signInByPasskey } from "./session.ts";
import type { Credentials, Parts, Session, Step } from "./session.ts";
import { Status } from "./status.ts";
import type { DepositPlace, TabMemory } from "./tab.ts";
import type { Vault } from "./vault.ts";
import { fetchTimestamp } from "./timestamp.ts";
import { accountView } from "./views/account.ts";
import { DepositView } from "./views/deposit.ts";
import { keysView } from "./views/keys.ts";
import type { KeysView } from "./views/keys.ts";
import { joinView, noInvitationView, stillWaitingView } from "./views/join.ts";
import type { NewKit } from "./views/kit.ts";
import { LogView } from "./views/log.ts";
import { lostView } from "./views/lost.ts";
import { PeopleView } from "./views/people.ts";
import type { ResealProps } from "./views/reseal.ts";
import { codeView, renewView } from "./views/recover.ts";
import { resumingView } from "./views/resuming.ts";
import { SearchView } from "./views/search.ts";
import { Shell } from "./views/shell.ts";
import { signInView } from "./views/sign-in.ts";
import type { View } from "./views/view.ts";
import type { IndexRow } from "./wire.ts";

/** What survives a lock: enough to find the same deposit again, nothing that was opened. */
interface Place {
  /** Unknown after a reload. */
  readonly user: string | undefined;
  readonly row: DepositPlace | undefined;
  /** After a recovery, the account page is where the next kit is made. */
  readonly account?: boolean;
}

export class App {
  readonly #status = new Status();
  readonly #clipboard = new Clipboard(navigator.clipboard);
  readonly #shell: Shell;
  readonly #idle = new IdleLock(browserClock, {
    warn: (seconds) => this.#shell.warn(seconds),
    lock: () => this.lock(`Nobody used this page for ${lockTime(this.#lockAfter)}, so the keys were forgotten. Sign in to go on.`),
    present: () => void this.#session?.vault.inUse().catch((error) => isSignedOut(error) && this.lock(sentence(error))),
  });
  #lockAfter = 0;
  #session: Session | undefined;
  #search: SearchView | undefined;
  #deposit: { readonly row: IndexRow; readonly view: DepositView } | undefined;
  #people: PeopleView | undefined;
  #keys: KeysView | undefined;
  #resealing: Resealing | undefined;
  #view: View | undefined;
  /** Tells a deposit that is awaited from one that nobody waits for any more. */
  #turn = 0;
  /** The same of a session that goes on. */
  #entry = 0;
  /** Whose code was right, until a new passphrase is set. */
  #recovering: { readonly who: Recovering; readonly timer: ReturnType<typeof setTimeout> } | undefined;

  constructor(
    root: Element,
    private readonly config: Config,
    private readonly vault: Vault,
    private readonly engine: Promise<Engine>,
    private readonly tab: TabMemory,
  ) {
    this.#shell = new Shell(root, config.site, this.#status, {
      people: () => this.goToPeople(),
      log: () => this.goToLog(),
      account: () => this.goToAccount(),
      keys: () => this.goToKeys(),
      lock: () => this.lock(undefined),
      signOut: () => this.signOut(undefined),
    });
    for (const sign of ["pointerdown", "keydown", "wheel", "touchstart"]) {
      addEventListener(sign, () => this.#idle.seen(), { passive: true });
    }
    addEventListener("hashchange", () => this.follow());
    // A page that the browser keeps for its back button must not come back with keys in it
    addEventListener("pagehide", () => this.leave());
    addEventListener("pageshow", (event) => event.persisted && this.start());
    document.addEventListener("visibilitychange", () => this.visibility());
  }

  start(): void {
    const route = parseRoute(location.hash);
    if (route.page === "join") return this.join(route.token);
    const half = this.tab.half();
    if (half !== undefined) return void this.goOn(half);
    this.askToSignIn(undefined, route.page === "deposit" ? ANOTHER_TAB : undefined);
  }

  /** With the session of before a reload, or after the passphrase. */
  private async goOn(half: string): Promise<void> {
    const entry = ++this.#entry;
    const { site } = this.config;
    const passphrase = (note?: string): void => {
      const row = this.tab.place();
      this.tab.clear();
      this.askToSignIn({ user: undefined, row }, note, false);
    };
    this.show(resumingView({ site }));
    let session: Session;
    try {
      session = await resume(half, this.parts(), painted);
    } catch (error) {
      if (entry !== this.#entry) return;
      if (isTemporary(error)) {
        const failed = { sentence: sentence(error), again: () => this.start(), passphrase: () => passphrase() };
        return this.show(resumingView({ site, failed }));
      }
      if (error instanceof EngineError) return this.askToSignIn(undefined, sentence(error));
      return passphrase(isSignedOut(error) ? AWAY : error instanceof PassphraseNeeded ? NEEDED : sentence(error));
    }
    // The page was left, or somebody else began meanwhile
    if (entry !== this.#entry) return session.leave();
    const { page } = parseRoute(location.hash);
    const row = this.tab.place();
    this.entered(session);
    if (page === "deposit" && row !== undefined) await this.resume(session, row);
    else if (page === "account") this.goToAccount();
    else if (page === "people") this.goToPeople();
    else if (page === "keys") this.goToKeys();
    else if (page === "log") this.goToLog();
    else this.goToSearch();
  }

  private parts(): Parts {
    const { engine, vault, config, tab } = this;
    const timestamp = () => fetchTimestamp(config.ingest, (url, init) => fetch(url, init));
    return { engine, vault, config, memory: browserMemory(config), tab, timestamp, now: unixTime };
  }

  /** The token is taken out of the address at once, and of the history with it. */
  private join(token: string | undefined): void {
    history.replaceState(null, "", routeHash({ page: "join", token: undefined }));
    if (token === undefined) return this.show(noInvitationView(() => this.leaveJoin(undefined)));
    const { engine, vault, config } = this;
    let name: string | undefined;
    const run = async (passphrase: string): Promise<Joined | string> => {
      try {
        const joined = await join(token, passphrase, { engine, vault, config }, painted);
        name = joined.name;
        return joined;
      } catch (error) {
        return sentence(error);
      }
    };
    const judged = (passphrase: string) => judge(config, passphrase, [config.site]);
    this.show(joinView({ site: config.site, judge: judged, join: run, signIn: () => this.leaveJoin(name) }));
  }

  private leaveJoin(user: string | undefined): void {
    setHash(routeHash({ page: "search" }));
    this.askToSignIn(user === undefined ? undefined : { user, row: undefined }, undefined, false);
  }

  private askToSignIn(place: Place | undefined, note: string | undefined, locked = place !== undefined): void {
    const { site } = this.config;
    const enter = (credentials: Credentials, step: (step: Step) => void) =>
      this.enter(() => signIn(credentials, this.parts(), step, painted), credentials.user, place);
    const passkey = hasPasskeys()
      ? (step: (step: Step) => void) => this.enter(() => signInByPasskey(this.parts(), step, painted), "", place)
      : undefined;
    // Whoever was asked for a code meanwhile is not any more
    this.#entry += 1;
    this.forgetRecovery();
    const lost = (): void => this.lost(place);
    this.show(signInView({ site, user: place?.user, locked, note, lost, passkey, signIn: enter }));
  }

  /** Nobody is signed in here; the way back leads to where it came from. */
  private lost(place: Place | undefined): void {
    const back = (): void => this.askToSignIn(place, undefined, false);
    this.show(lostView({ back, kit: () => this.askForCode(place?.user, back) }));
  }

  private askForCode(user: string | undefined, back: () => void): void {
    const entry = ++this.#entry;
    const run = async (name: string, code: string): Promise<string | undefined> => {
      try {
        const who = await showCode(name, code, this.parts(), painted);
        if (entry !== this.#entry) return void who.free();
        // However long the vault would wait: the keys are in this page meanwhile
        const seconds = Math.min(who.expiresIn, RECOVERY_SECONDS);
        const timer = setTimeout(() => this.askToSignIn({ user: name, row: undefined }, RECOVERY_LATE, false), seconds * 1000);
        this.#recovering = { who, timer };
        this.askForPassphrase(who, back);
        return undefined;
      } catch (error) {
        return sentence(error);
      }
    };
    this.show(codeView({ site: this.config.site, user, back, showCode: run }));
  }

  private askForPassphrase(who: Recovering, back: () => void): void {
    const { user } = who;
    const renew = async (passphrase: string): Promise<string | undefined> => {
      try {
        await who.setPassphrase(passphrase, painted);
        this.askToSignIn({ user, row: undefined, account: true }, RECOVERED, false);
        return undefined;
      } catch (error) {
        return sentence(error);
      }
    };
    const judged = (passphrase: string) => judge(this.config, passphrase, [user, this.config.site]);
    this.show(renewView({ user, judge: judged, renew, back }));
  }

  private forgetRecovery(): void {
    if (this.#recovering === undefined) return;
    clearTimeout(this.#recovering.timer);
    this.#recovering.who.free();
    this.#recovering = undefined;
  }

  /** Signs in; a sentence when that did not work. */
  private async enter(
    sign: () => Promise<Session>,
    name: string,
    place: Place | undefined,
  ): Promise<string | undefined> {
    const entry = ++this.#entry;
    let session: Session;
    try {
      session = await sign();
    } catch (error) {
      if (!(error instanceof StillWaiting)) return sentence(error);
      const { words } = error;
      const again = (): void => this.askToSignIn(undefined, undefined);
      this.show(stillWaitingView({ name, words, signIn: again }));
      return undefined;
    }
    // The page was left meanwhile: what the tab kept goes on when it is shown again
    if (entry !== this.#entry) {
      session.leave();
      return undefined;
    }
    this.entered(session);
    if (place?.row !== undefined && (place.user ?? session.user) === session.user) await this.resume(session, place.row);
    else if (place?.account === true) this.goToAccount();
    else this.goToSearch();
    return undefined;
  }

  private entered(session: Session): void {
    this.#session = session;
    this.#shell.signedIn(session.user);
    this.setLockAfter(session.as.lock_after);
    this.#search = this.newSearch(session);
    const notes = notesOf(session);
    if (notes !== "") this.#status.warn(notes);
  }

  private setLockAfter(seconds: number): void {
    this.#lockAfter = seconds;
    this.#idle.start(seconds);
  }

  private newSearch(session: Session): SearchView {
    const view = new SearchView({
      search: (request) => session.search(request),
      fail: (error, again) => this.failed(error, again),
      worked: () => this.#status.clear(),
      say: (text) => this.#status.say(text),
      open: (row) => void this.goToDeposit(session, row),
    });
    view.refresh();
    return view;
  }

  /** Back to the deposit that was on screen before the lock. */
  private async resume(session: Session, place: DepositPlace): Promise<void> {
    const row = await this.find(session, place).catch(() => undefined);
    if (row === undefined) this.goToSearch();
    else await this.goToDeposit(session, row);
  }

  private async find(session: Session, place: DepositPlace): Promise<IndexRow | undefined> {
    const { deposits } = await session.search({ reference: place.reference });
    return deposits.find((row) => row.deposit_id === place.deposit_id);
  }

  private goToSearch(): void {
    this.leaveDeposit();
    this.tab.setPlace(undefined);
    setHash(routeHash({ page: "search" }));
    if (this.#search !== undefined) this.show(this.#search);
  }

  private goToPeople(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.leaveDeposit();
    setHash(routeHash({ page: "people" }));
    const view = new PeopleView({
      load: () => session.team(),
      change: (request) => session.change(request),
      cosign: (proposal) => session.cosign(proposal),
      drop: ({ head }) => session.vault.dropProposal(head),
      withdraw: (name) => session.vault.withdraw(name),
      invite: async (name, roles) => joinLink(await session.invite(name, roles)),
      // A link is meant to be taken elsewhere: not the clipboard that values are taken off again
      copy: (text) => new Clipboard(navigator.clipboard).copy(text),
      say: (text) => this.#status.say(text),
      fail: (error, again) => this.failed(error, again),
      worked: () => this.#status.clear(),
      keys: () => this.goToKeys(),
      back: () => this.goToSearch(),
    });
    this.#people = view;
    this.show(view);
    void view.refresh();
  }

  private goToAccount(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.leaveDeposit();
    this.tab.setPlace(undefined);
    setHash(routeHash({ page: "account" }));
    const { vault } = session;
    this.show(
      accountView({
        user: session.user,
        site: this.config.site,
        addresses: { admin: `${location.origin}${location.pathname}`, vault: this.config.vault },
        kit: () => vault.kit(),
        makeKit: (passphrase) => this.makeKit(session, passphrase),
        isKitGroup: (number, typed) => session.isKitGroup(number, typed),
        keepKit: () => this.asked(() => session.keepKit()),
        dropKit: () => this.asked(() => vault.dropKit()),
        forgetKit: () => session.forgetKit(),
        hasPasskeys: hasPasskeys(),
        passkeys: () => vault.passkeys(),
        addPasskey: (name, passphrase) => this.withPassphrase(() => session.addPasskey(name, passphrase, this.config.site, painted)),
        removePasskey: (id) => this.asked(() => session.removePasskey(id)),
        change: ({ old, next }) => this.changePassphrase(session, old, next),
        judge: (passphrase) => judge(this.config, passphrase, [session.user, this.config.site]),
        lockAfter: this.#lockAfter,
        limit: session.as.expires_in,
        setLockAfter: (seconds) => this.asked(() => vault.setLockAfter(seconds), () => this.setLockAfter(seconds)),
        sessions: () => vault.sessions(),
        endSession: (id) => this.asked(() => session.endSession(id)),
        endOthers: () => this.asked(() => session.endOtherSessions()),
        failed: (error, again) => this.failed(error, again),
        say: (text) => this.#status.say(text),
        back: () => this.goToSearch(),
      }),
    );
  }

  private goToLog(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.leaveDeposit();
    this.tab.setPlace(undefined);
    setHash(routeHash({ page: "log" }));
    this.show(
      new LogView({
        logs: session.logs,
        reads: session.readsLog,
        people: session.people,
        read: (first, count) => session.readLog(first, count),
        fail: (error, again) => this.failed(error, again),
        worked: () => this.#status.clear(),
        say: (text) => this.#status.say(text),
        back: () => this.goToSearch(),
      }),
    );
  }

  private goToKeys(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.leaveDeposit();
    setHash(routeHash({ page: "keys" }));
    this.showKeys(session);
    // Signed since the sign-in: shown as soon as it is known
    const { turn, keys } = { turn: this.#turn, keys: JSON.stringify(session.keys) };
    session.renew().then(
      () => turn === this.#turn && this.#view === this.#keys && keys !== JSON.stringify(session.keys) && this.showKeys(session),
      (error: unknown) => turn === this.#turn && this.failed(error, () => this.goToKeys()),
    );
  }

  private showKeys(session: Session): void {
    this.#keys?.close();
    const { keys, people } = session;
    const isAdmin = people.some(({ own, state, roles }) => own && state === "active" && roles.includes("admin"));
    const lacks = keys.keys.some(({ held, state }) => !held && state !== "discarded" && state !== "purged");
    const recover = isAdmin && lacks ? (file: File) => this.recoverKeys(session, file) : undefined;
    const known = keys.keys.some(({ known }) => known);
    const reseal = isAdmin && known && session.logs ? this.resealProps(session) : undefined;
    this.#keys = keysView({ keys, recover, reseal, back: () => this.goToSearch() });
    this.show(this.#keys);
  }

  private resealProps(session: Session): ResealProps {
    return {
      load: () => session.vault.resealLeft(),
      current: () => this.#resealing,
      begin: () => {
        const resealing = new Resealing(session.resealing, () => browserClock.now());
        this.#resealing = resealing;
        void resealing.run();
        return resealing;
      },
      locked: whyLocked(session),
      say: (text) => this.#status.say(text),
      fail: (error, again) => this.failed(error, again),
    };
  }

  /** What was granted is opened like at any other sign-in: verified, by this tab's session. */
  private async recoverKeys(session: Session, file: File): Promise<string | undefined> {
    const failed = await this.asked(async () => session.recoverKeys(await file.text()));
    if (failed !== undefined || this.#session !== session) return failed;
    const half = this.tab.half();
    if (half === undefined) {
      this.lock("The keys are granted to you. Sign in to use them.");
      return undefined;
    }
    this.forget();
    session.leave();
    this.#session = undefined;
    void this.goOn(half);
    return undefined;
  }

  /** A sentence when it did not work. */
  private async asked(ask: () => Promise<void>, then?: () => void): Promise<string | undefined> {
    try {
      await ask();
      then?.();
      return undefined;
    } catch (error) {
      if (isSignedOut(error)) this.lock(sentence(error));
      return sentence(error);
    }
  }

  /** A sentence when it did not work. */
  private async changePassphrase(session: Session, old: string, next: string): Promise<string | undefined> {
    try {
      await session.changePassphrase(old, next, painted);
      return undefined;
    } catch (error) {
      if (isSignedOut(error)) this.lock(sentence(error));
      return error instanceof WrongPassphrase ? "The passphrase that you signed in with is not right." : sentence(error);
    }
  }

  private makeKit(session: Session, passphrase: string): Promise<NewKit | string> {
    return this.withPassphrase(async () => {
      const code = await session.makeKit(passphrase, painted);
      return { code, qr: await qr(this.config, code) };
    });
  }

  /** Something that shows the passphrase once more; a sentence when it did not work. */
  private async withPassphrase<T>(ask: () => Promise<T>): Promise<T | string> {
    try {
      return await ask();
    } catch (error) {
      if (isSignedOut(error)) this.lock(sentence(error));
      return error instanceof WrongPassphrase ? "The passphrase that you signed in with is not right." : sentence(error);
    }
  }

  private async goToDeposit(session: Session, row: IndexRow): Promise<void> {
    this.leaveDeposit();
    const turn = this.#turn;
    const refused = session.refusedManifests;
    let view: DepositView;
    try {
      const locator = await session.openLocator(row);
      // Locked, or gone elsewhere, while the vault was asked
      if (turn !== this.#turn) return;
      view = new DepositView({
        row,
        locator,
        session,
        clock: browserClock,
        clipboard: this.#clipboard,
        languages: navigator.languages,
        say: (text) => this.#status.say(text),
        fail: (error, again) => this.failed(error, again),
        worked: () => this.#status.clear(),
        back: () => this.goToSearch(),
      });
    } catch (error) {
      if (turn === this.#turn) this.failed(error, () => void this.goToDeposit(session, row));
      return;
    }
    if (session.refusedManifests > refused) this.#status.warn(REFUSED_MANIFESTS);
    this.#deposit = { row, view };
    // Only where a reload can go on
    if (this.tab.half() !== undefined) this.tab.setPlace({ deposit_id: row.deposit_id, reference: row.reference });
    setHash(routeHash({ page: "deposit", id: row.deposit_id }));
    this.show(view);
  }

  /** The browser's own back and forward, or a typed address. A deposit is only known while it is on screen. */
  private follow(): void {
    const route = parseRoute(location.hash);
    if (this.#session === undefined) return route.page === "join" && route.token !== undefined ? this.join(route.token) : undefined;
    if (route.page === "people") return this.goToPeople();
    if (route.page === "account") return this.goToAccount();
    if (route.page === "keys") return this.goToKeys();
    if (route.page === "log") return this.goToLog();
    if (route.page === "deposit" && route.id === this.#deposit?.row.deposit_id) return;
    this.goToSearch();
  }

  private leaveDeposit(): void {
    this.#turn += 1;
    this.#people?.close();
    this.#people = undefined;
    this.#keys?.close();
    this.#keys = undefined;
    this.#deposit?.view.close();
    this.#deposit = undefined;
  }

  private show(view: View): void {
    this.#view?.hide();
    this.#view = view;
    document.title = `${view.title} – Nightsafe`;
    fill(this.#shell.main, view.element);
    scrollTo(0, 0);
    view.focus();
  }

  /** Keeps what is on screen, unless the vault has ended the session. */
  private failed(error: unknown, again: () => void): void {
    if (isSignedOut(error) || error instanceof VaultNotTrusted) this.lock(sentence(error));
    else this.#status.fail(sentence(error), isTemporary(error) ? again : undefined);
  }

  private lock(note: string | undefined): void {
    if (this.#session === undefined) return;
    const row = this.#deposit?.row;
    const known = row && { deposit_id: row.deposit_id, reference: row.reference };
    const place = { user: this.#session.user, row: known };
    this.end(undefined);
    this.askToSignIn(place, note ?? "The keys were forgotten. Sign in to go on where you were.");
    this.#status.say("Locked.");
  }

  /** The page goes away, and may come back: nothing of the keys stays in it, and the tab can go on. */
  private leave(): void {
    this.#entry += 1;
    if (this.#recovering !== undefined) this.askToSignIn({ user: this.#recovering.who.user, row: undefined }, RECOVERY_LEFT, false);
    if (this.#session === undefined) return;
    // Where the passphrase is needed again, nothing could go on
    if (this.tab.half() === undefined) return this.signOut("Leaving the page signed you out.");
    this.forget();
    this.#session.leave();
    this.#session = undefined;
    this.show(resumingView({ site: this.config.site }));
  }

  private signOut(note: string | undefined): void {
    this.end({ action: "sign-out" });
    setHash(routeHash({ page: "search" }));
    this.askToSignIn(undefined, note);
    this.#status.say("Signed out.");
  }

  /** Forgets keys, opened values and found deposits, and what the tab kept. A sign-out is recorded, a lock is not. */
  private end(deed: { readonly action: "sign-out" } | undefined): void {
    this.#entry += 1;
    this.tab.clear();
    this.forget();
    this.#session?.lock(deed);
    this.#session = undefined;
  }

  private forget(): void {
    this.#idle.stop();
    this.leaveDeposit();
    this.#resealing?.stop();
    this.#resealing = undefined;
    this.#search = undefined;
    this.#shell.signedOut();
    this.#status.reset();
  }

  private visibility(): void {
    if (document.visibilityState === "hidden") return this.#view?.hide();
    this.#idle.check();
    this.#deposit?.view.wake();
  }
}

const RECOVERED =
  "Your new passphrase is set, and the recovery kit is used up. Sign in with the new passphrase: the page that you then come to makes the next kit.";

/** At most, from the code to the new passphrase (docs/spec/identity.md). */
const RECOVERY_SECONDS = 900;

const RECOVERY_LATE = "That took too long, so the keys were forgotten. Unless the new passphrase is set already, begin again with the code.";

const RECOVERY_LEFT = "The page was left, so the keys were forgotten. Unless the new passphrase is set already, begin again with the code.";

const ANOTHER_TAB = "This tab has no keys yet. Sign in, then find the deposit again.";

const AWAY = "Your session has ended, or nobody used it for a while. Sign in to go on where you were.";

const NEEDED = "Your passphrase is needed again: not everything opens without it yet. Sign in to go on where you were.";

const REFUSED_MANIFESTS =
  "The vault offered a key manifest that your site keys never signed. It is not used here. " +
  "Tell whoever runs the vault: either a file is damaged, or somebody tries to pass off a key.";

const REFUSED_GRANTS =
  "What the vault keeps for you of a data key was not made by an admin of the signed list. It is not used here. " +
  "Tell whoever runs the vault: either a row is damaged, or somebody tries to pass off a key.";

const NO_KEYS =
  "No data key is granted to you yet, so nothing opens. Another admin’s browser grants them at the next sign-in there; " +
  "when no other admin is left, open them on page Keys with the organisation’s recovery key.";

const NO_LOG =
  "Openings are not in a log yet that nobody can rewrite unnoticed: the vault alone records them. " +
  "Whoever holds the site keys begins the log with nightsafe keys audit.";

const NOT_CONFIRMED =
  "Ingest does not say now whether the list of admins is the current one. It is not older than the one that this browser saw last. " +
  "Grant nothing to anybody until it can be confirmed: sign in again in some minutes, and tell whoever runs ingest.";

const NEVER_CONFIRMED =
  "Nobody confirms that the list of admins is the current one: ingest does not say, and it was never confirmed to this browser before. " +
  "A vault that was broken into could show an old one, with people in it who have left. Do not rely on it, and grant nothing to anybody: " +
  "sign in again in some minutes, and tell whoever runs ingest.";

/** What to know from the sign-in on, until it is mended. */
function notesOf({ refusedManifests, refusedGrants, words, trust, keys, logs, holdsKeys }: Session): string {
  const waiting =
    words !== undefined &&
    "You have keys of your own now, which the site keys still have to sign in; until then everything works as before. " +
      `Whoever runs nightsafe roster begin compares these words with you: ${words}.`;
  const unsure = trust === "remembered" ? NOT_CONFIRMED : trust === "unconfirmed" && NEVER_CONFIRMED;
  const unlogged = words === undefined && !logs && NO_LOG;
  const notes = [
    refusedManifests > 0 && REFUSED_MANIFESTS,
    refusedGrants > 0 && REFUSED_GRANTS,
    !holdsKeys && NO_KEYS,
    unsure,
    waiting,
    unlogged,
    ...keys.due.map(dueSentence),
  ];
  return notes.filter((note) => note !== false).join(" ");
}

/** Why nothing is sealed anew, if it is not to be. */
function whyLocked({ trust, keys }: Session): string | undefined {
  if (trust !== "confirmed" && trust !== "remembered") return NEVER_CONFIRMED;
  return keys.due.some(({ code }) => code === "key_known_to_leaver") ? FIRST_THE_KEY : undefined;
}

const FIRST_THE_KEY = "First another data key has to take over, as said above: what is sealed now could be opened, too.";

/** What an invited person opens. */
function joinLink(token: string): string {
  return new URL(routeHash({ page: "join", token }), location.href).href;
}

/** A new place in the history only where the address changes. */
function setHash(hash: string): void {
  if (location.hash !== hash && !(location.hash === "" && hash === "#/")) history.pushState(null, "", hash);
}

/** In seconds; the only place here that asks the clock for it. */
function unixTime(): number {
  return Math.floor(Date.now() / 1000);
}

/** After the browser has shown what was last written: the WASM keeps the page busy for a second. */
function painted(): Promise<void> {
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}
