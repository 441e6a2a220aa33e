// Which view is on screen, and every way in which secrets leave the page: lock, sign-out, background, unload.

import { Clipboard } from "./clipboard.ts";
import type { Config } from "./config.ts";
import { browserClock } from "./countdown.ts";
import { fill, painted } from "./dom.ts";
import type { Engine } from "./engine.ts";
import { lockTime } from "./format.ts";
import { EngineError, isSignedOut, isTemporary, PassphraseNeeded, sentence, StillWaiting, VaultNotTrusted } from "./failure.ts";
import { GettingBack } from "./getting-back.ts";
import { IdleLock } from "./idle.ts";
import { join } from "./join.ts";
import type { Joined } from "./join.ts";
import { judge } from "./judge.ts";
import { notesOf, REFUSED_MANIFESTS } from "./notes.ts";
import { Pages } from "./pages.ts";
import type { Host } from "./pages.ts";
import { hasPasskeys } from "./passkey.ts";
import { browserMemory } from "./remembered.ts";
import { parseRoute, routeHash, setHash } from "./route.ts";
import type { Session } from "./session.ts";
import { resume, signIn, signInByPasskey } from "./sign-in.ts";
import type { Credentials, Parts, Step } from "./sign-in.ts";
import { Status } from "./status.ts";
import type { DepositPlace, TabMemory } from "./tab.ts";
import { fetchTimestamp } from "./timestamp.ts";
import type { Vault } from "./vault.ts";
import { DepositView } from "./views/deposit.ts";
import { joinView, noInvitationView, stillWaitingView } from "./views/join.ts";
import type { KeysView } from "./views/keys.ts";
import type { PeopleView } from "./views/people.ts";
import { resumingView } from "./views/resuming.ts";
import type { SearchView } from "./views/search.ts";
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
  #pages: Pages | undefined;
  #people: PeopleView | undefined;
  #keys: KeysView | undefined;
  #view: View | undefined;
  /** Tells a deposit that is awaited from one that nobody waits for any more. */
  #turn = 0;
  /** The same of a session that goes on. */
  #entry = 0;
  readonly #gettingBack: GettingBack;

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
    this.#gettingBack = new GettingBack({
      config,
      parts: () => this.parts(),
      show: (view) => this.show(view),
      signIn: (user, note, account = false) => this.askToSignIn({ user, row: undefined, account }, note, false),
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
    // Whoever was signing in, or getting back in, is not any more
    this.#entry += 1;
    this.#gettingBack.forget();
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
    this.#gettingBack.forget();
    const back = (): void => this.askToSignIn(place, undefined, false);
    const lost = (): void => this.#gettingBack.begin(place?.user, back);
    this.show(signInView({ site, user: place?.user, locked, note, lost, passkey, signIn: enter }));
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
    this.#pages = new Pages(session, this.host(session));
    this.#search = this.#pages.search();
    this.#search.refresh();
    const notes = notesOf(session);
    if (notes !== "") this.#status.warn(notes);
  }

  private setLockAfter(seconds: number): void {
    this.#lockAfter = seconds;
    this.#idle.start(seconds);
  }

  private host(session: Session): Host {
    return {
      config: this.config,
      status: this.#status,
      fail: (error, again) => this.failed(error, again),
      ended: (note) => this.lock(note),
      open: (row) => void this.goToDeposit(session, row),
      search: () => this.goToSearch(),
      keys: () => this.goToKeys(),
      recovered: () => this.recovered(session),
      lockAfter: () => this.#lockAfter,
      setLockAfter: (seconds) => this.setLockAfter(seconds),
    };
  }

  /** Unlocks anew what is there now: verified like at any other sign-in, by this tab's session. */
  private recovered(session: Session): void {
    if (this.#session !== session) return;
    const half = this.tab.half();
    if (half === undefined) return this.lock("The keys are granted to you. Sign in to use them.");
    this.forget();
    session.leave();
    this.#session = undefined;
    void this.goOn(half);
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
    if (this.#pages === undefined) return;
    this.leaveDeposit();
    setHash(routeHash({ page: "people" }));
    const view = this.#pages.people();
    this.#people = view;
    this.show(view);
    void view.refresh();
  }

  private goToAccount(): void {
    if (this.#pages === undefined) return;
    this.leaveDeposit();
    this.tab.setPlace(undefined);
    setHash(routeHash({ page: "account" }));
    this.show(this.#pages.account());
  }

  private goToLog(): void {
    if (this.#pages === undefined) return;
    this.leaveDeposit();
    this.tab.setPlace(undefined);
    setHash(routeHash({ page: "log" }));
    this.show(this.#pages.log());
  }

  private goToKeys(): void {
    const { session, pages } = { session: this.#session, pages: this.#pages };
    if (session === undefined || pages === undefined) return;
    this.leaveDeposit();
    setHash(routeHash({ page: "keys" }));
    this.showKeys(pages);
    // Signed since the sign-in: shown as soon as it is known
    const { turn, keys } = { turn: this.#turn, keys: JSON.stringify(session.keys) };
    session.renew().then(
      () => turn === this.#turn && this.#view === this.#keys && keys !== JSON.stringify(session.keys) && this.showKeys(pages),
      (error: unknown) => turn === this.#turn && this.failed(error, () => this.goToKeys()),
    );
  }

  private showKeys(pages: Pages): void {
    this.#keys?.close();
    this.#keys = pages.keys();
    this.show(this.#keys);
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
    const user = this.#gettingBack.forget();
    if (user !== undefined) this.askToSignIn({ user, row: undefined }, RECOVERY_LEFT, false);
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
    this.#pages?.close();
    this.#pages = undefined;
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

const RECOVERY_LEFT = "The page was left, so the keys were forgotten. Unless the new passphrase is set already, begin again with the code.";

const ANOTHER_TAB = "This tab has no keys yet. Sign in, then find the deposit again.";

const AWAY = "Your session has ended, or nobody used it for a while. Sign in to go on where you were.";

const NEEDED = "Your passphrase is needed again: not everything opens without it yet. Sign in to go on where you were.";

/** In seconds; the only place here that asks the clock for it. */
function unixTime(): number {
  return Math.floor(Date.now() / 1000);
}
