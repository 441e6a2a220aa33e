// Which view is on screen, and every way in which secrets leave the page: lock, sign-out, background, unload.

import { Clipboard } from "./clipboard.ts";
import type { Config } from "./config.ts";
import { browserClock } from "./countdown.ts";
import { fill } from "./dom.ts";
import type { Engine } from "./engine.ts";
import { isSignedOut, isTemporary, sentence, WrongPassphrase } from "./failure.ts";
import { IdleLock } from "./idle.ts";
import { browserMemory } from "./remembered.ts";
import { parseRoute, routeHash } from "./route.ts";
import { signIn } from "./session.ts";
import type { Credentials, Session, Step } from "./session.ts";
import { Status } from "./status.ts";
import type { Vault } from "./vault.ts";
import { accountView } from "./views/account.ts";
import { DepositView } from "./views/deposit.ts";
import { LogView } from "./views/log.ts";
import { SearchView } from "./views/search.ts";
import { Shell } from "./views/shell.ts";
import { signInView } from "./views/sign-in.ts";
import type { View } from "./views/view.ts";
import type { IndexRow } from "./wire.ts";

/** What survives a lock: enough to find the same deposit again, nothing that was opened. */
interface Place {
  readonly user: string;
  readonly row: Pick<IndexRow, "deposit_id" | "reference"> | undefined;
}

export class App {
  readonly #status = new Status();
  readonly #clipboard = new Clipboard(navigator.clipboard);
  readonly #shell: Shell;
  readonly #idle = new IdleLock(browserClock, {
    warn: (seconds) => this.#shell.warn(seconds),
    lock: () => this.lock("Nobody used this page for ten minutes, so the keys were forgotten. Sign in to go on."),
  });
  #session: Session | undefined;
  #search: SearchView | undefined;
  #deposit: { readonly row: IndexRow; readonly view: DepositView } | undefined;
  #view: View | undefined;
  /** Tells a deposit that is awaited from one that nobody waits for any more. */
  #turn = 0;

  constructor(
    root: Element,
    private readonly config: Config,
    private readonly vault: Vault,
    private readonly engine: Promise<Engine>,
  ) {
    this.#shell = new Shell(root, config.site, this.#status, {
      log: () => this.goToLog(),
      account: () => this.goToAccount(),
      lock: () => this.lock(undefined),
      signOut: () => this.signOut(undefined),
    });
    for (const sign of ["pointerdown", "keydown", "wheel", "touchstart"]) {
      addEventListener(sign, () => this.#idle.seen(), { passive: true });
    }
    addEventListener("hashchange", () => this.follow());
    // A page that the browser keeps for its back button must not come back with keys in it
    addEventListener("pagehide", () => this.#session !== undefined && this.signOut("Leaving the page signed you out."));
    document.addEventListener("visibilitychange", () => this.visibility());
  }

  start(): void {
    const onDeposit = parseRoute(location.hash).page === "deposit";
    this.askToSignIn(undefined, onDeposit ? RELOADED : undefined);
  }

  private askToSignIn(place: Place | undefined, note: string | undefined): void {
    const { site } = this.config;
    const enter = (credentials: Credentials, step: (step: Step) => void) => this.enter(credentials, step, place);
    this.show(signInView({ site, user: place?.user, note, signIn: enter }));
  }

  /** Signs in; a sentence when that did not work. */
  private async enter(
    credentials: Credentials,
    step: (step: Step) => void,
    place: Place | undefined,
  ): Promise<string | undefined> {
    const { engine, vault, config } = this;
    let session: Session;
    try {
      session = await signIn(credentials, { engine, vault, config, memory: browserMemory(config) }, step, painted);
    } catch (error) {
      return sentence(error);
    }
    this.#session = session;
    this.#shell.signedIn(session.user);
    this.#idle.start();
    this.#search = this.newSearch(session);
    const notes = notesOf(session);
    if (notes !== "") this.#status.warn(notes);
    if (place?.row !== undefined && place.user === session.user) await this.resume(session, place.row);
    else this.goToSearch();
    return undefined;
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
  private async resume(session: Session, place: Pick<IndexRow, "deposit_id" | "reference">): Promise<void> {
    const row = await this.find(session, place).catch(() => undefined);
    if (row === undefined) this.goToSearch();
    else await this.goToDeposit(session, row);
  }

  private async find(session: Session, place: Pick<IndexRow, "deposit_id" | "reference">): Promise<IndexRow | undefined> {
    const { deposits } = await session.search({ reference: place.reference });
    return deposits.find((row) => row.deposit_id === place.deposit_id);
  }

  private goToSearch(): void {
    this.leaveDeposit();
    setHash(routeHash({ page: "search" }));
    if (this.#search !== undefined) this.show(this.#search);
  }

  private goToAccount(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.leaveDeposit();
    setHash(routeHash({ page: "account" }));
    this.show(
      accountView({
        user: session.user,
        people: session.people,
        change: ({ old, next }) => this.changePassphrase(session, old, next),
        say: (text) => this.#status.say(text),
        back: () => this.goToSearch(),
      }),
    );
  }

  private goToLog(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.leaveDeposit();
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
    setHash(routeHash({ page: "deposit", id: row.deposit_id }));
    this.show(view);
  }

  /** The browser's own back and forward, or a typed address. A deposit is only known while it is on screen. */
  private follow(): void {
    if (this.#session === undefined) return;
    const route = parseRoute(location.hash);
    if (route.page === "account") return this.goToAccount();
    if (route.page === "log") return this.goToLog();
    if (route.page === "deposit" && route.id === this.#deposit?.row.deposit_id) return;
    this.goToSearch();
  }

  private leaveDeposit(): void {
    this.#turn += 1;
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
    if (isSignedOut(error)) this.lock(sentence(error));
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

  private signOut(note: string | undefined): void {
    this.end({ action: "sign-out" });
    setHash(routeHash({ page: "search" }));
    this.askToSignIn(undefined, note);
    this.#status.say("Signed out.");
  }

  /** Forgets keys, opened values and found deposits. A sign-out is recorded, a lock is not. */
  private end(deed: { readonly action: "sign-out" } | undefined): void {
    this.#idle.stop();
    this.leaveDeposit();
    this.#search = undefined;
    this.#session?.lock(deed);
    this.#session = undefined;
    this.#shell.signedOut();
    this.#status.reset();
  }

  private visibility(): void {
    if (document.visibilityState === "hidden") return this.#view?.hide();
    this.#idle.check();
    this.#deposit?.view.wake();
  }
}

const RELOADED = "Reloading the page signed you out. Sign in, then find the deposit again.";

const REFUSED_MANIFESTS =
  "The vault offered a key manifest that your site keys never signed. It is not used here. " +
  "Tell whoever runs the vault: either a file is damaged, or somebody tries to pass off a key.";

const REFUSED_GRANTS =
  "What the vault keeps for you of a data key was not made by an admin of the signed list. It is not used here. " +
  "Tell whoever runs the vault: either a row is damaged, or somebody tries to pass off a key.";

const NO_LOG =
  "Openings are not in a log yet that nobody can rewrite unnoticed: the vault alone records them. " +
  "Whoever holds the site keys begins the log with nightsafe keys audit.";

/** What to know from the sign-in on, until it is mended. */
function notesOf({ refusedManifests, refusedGrants, words, logs }: Session): string {
  const waiting =
    words !== undefined &&
    "You have keys of your own now, which the site keys still have to sign in; until then everything works as before. " +
      `Whoever runs nightsafe roster begin compares these words with you: ${words}.`;
  const unlogged = words === undefined && !logs && NO_LOG;
  const notes = [refusedManifests > 0 && REFUSED_MANIFESTS, refusedGrants > 0 && REFUSED_GRANTS, waiting, unlogged];
  return notes.filter((note) => note !== false).join(" ");
}

/** A new place in the history only where the address changes. */
function setHash(hash: string): void {
  if (location.hash !== hash && !(location.hash === "" && hash === "#/")) history.pushState(null, "", hash);
}

/** After the browser has shown what was last written: the WASM keeps the page busy for a second. */
function painted(): Promise<void> {
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}
