// <nightsafe-card>: one frame of the fields origin in the shop's form.
//
//   attributes  reference (the shop's own reference of the order), fields ("card" or "none"), locale, disabled
//   events      ready, change, error, loaderror, sealed (cancel it to submit the form yourself)
//   method      seal(): Promise<{ depositId, receipt }>
//   children    shown until the frame is ready, then removed: the place for a <noscript> and a guard

import type { FieldProblem, FromFrame, Sealed } from "../shared/protocol.ts";
import { inlineValues, isOf, markedControls, showProblems, takeNames, type Control } from "./inline.ts";
import { Link } from "./link.ts";
import { localeOf, settingsOf } from "./look.ts";
import { SubmitGate, formAround, putReceipt, submitImplicitly } from "./submit.ts";
import { loadMessage, textsOf, type Texts } from "./texts.ts";
import { View } from "./view.ts";

/** Wait before the one automatic second try, in milliseconds. */
const BACK_OFF = 1500;

/** How long a frame that answered once may take to seal and store, in milliseconds. */
const PATIENCE = 120_000;

/** Why nothing was sealed; `code` is stable. */
export class NightsafeError extends Error {
  override readonly name = "NightsafeError";
  constructor(
    readonly code: string,
    readonly problems: readonly FieldProblem[] = [],
  ) {
    super(code);
  }
}

/** A promise and its two ends. */
class Pending<T> {
  resolve!: (value: T) => void;
  reject!: (error: NightsafeError) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor() {
    // Whoever asked gets it; that nobody asked is no fault
    this.promise.catch(() => {});
  }
}

export class NightsafeCard extends HTMLElement {
  static readonly formAssociated = true;
  static readonly observedAttributes = ["fields", "locale"];

  readonly #internals = this.attachInternals();
  readonly #view = new View(this.attachShadow({ mode: "open" }));
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #dress = (): void => this.#link?.dress(settingsOf(this, this.#disabled));
  #link: Link | undefined;
  #ready = new Pending<void>();
  /** The frame is there and answers. */
  #open = false;
  #gate: SubmitGate | undefined;
  #timer = 0;
  #disabled = false;
  #calls = 0;
  #sealing: Pending<Sealed> | undefined;

  constructor() {
    super();
    // A label's click arrives here as a click on the element itself
    this.addEventListener("click", (event) => {
      if (event.composedPath()[0] === this) this.focus();
    });
  }

  /** The shop's reference of the order; stays readable. */
  get reference(): string {
    return this.getAttribute("reference") ?? "";
  }

  set reference(text: string) {
    this.setAttribute("reference", text);
  }

  get form(): HTMLFormElement | null {
    return this.#internals.form ?? formAround(this);
  }

  override focus(): void {
    this.#link?.frame.focus();
    this.#link?.send({ type: "focus" });
  }

  /** Seals and stores what is filled in and puts the receipt into the form; one call at a time, later ones share it. */
  seal(): Promise<Sealed> {
    if (this.#sealing) return this.#sealing.promise;
    const { promise } = (this.#sealing = new Pending<Sealed>());
    this.#ready.promise.then(
      () => this.#send(),
      ({ code }: NightsafeError) => {
        if (this.isConnected) this.#complain(code);
        this.#refuse(code);
      },
    );
    return promise;
  }

  connectedCallback(): void {
    this.#dark.addEventListener("change", this.#dress);
    this.#guard();
    this.#load(false);
  }

  disconnectedCallback(): void {
    this.#dark.removeEventListener("change", this.#dress);
    this.#gate?.close();
    this.#unload();
    this.#ready.reject(new NightsafeError("removed"));
    this.#refuse("removed");
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || !this.#link) return;
    if (name === "fields") this.#load(false);
    else this.#dress();
  }

  formAssociatedCallback(): void {
    if (this.isConnected) this.#guard();
  }

  formDisabledCallback(disabled: boolean): void {
    this.#disabled = disabled;
    this.#dress();
  }

  formResetCallback(): void {
    putReceipt(this.form, "");
    this.#link?.send({ type: "reset" });
  }

  /** Listens where the form is now. */
  #guard(): void {
    this.#gate?.close();
    takeNames(this.#controls());
    this.#gate = new SubmitGate((this.form ?? this).getRootNode(), {
      form: () => this.form,
      controls: () => this.#controls(),
      seal: () => this.#sealForSubmit(),
    });
  }

  #controls(): Control[] {
    return markedControls(this.form, this.getRootNode() as ParentNode);
  }

  async #sealForSubmit(): Promise<boolean> {
    try {
      const sealed = await this.seal();
      return this.#tell("sealed", sealed);
    } catch {
      // The shopper and the shop were told where it happened
      return false;
    }
  }

  #load(again: boolean): void {
    this.#unload();
    if (!again || this.#open) this.#ready = new Pending<void>();
    this.#open = false;
    this.#view.start(this.getAttribute("fields") === "none");
    this.#view.complain("");
    const link = new Link(this.#texts().title, settingsOf(this, this.#disabled), again, {
      message: (message) => this.#take(message),
      failed: (code) => this.#lost(code, again),
    });
    this.#link = link;
    this.#view.put(link.frame);
  }

  #unload(): void {
    clearTimeout(this.#timer);
    this.#link?.close();
    this.#link = undefined;
  }

  #lost(code: string, again: boolean): void {
    this.#unload();
    if (this.#open) this.#refuse(code);
    if (!again) {
      this.#timer = window.setTimeout(() => this.#load(true), BACK_OFF);
      return;
    }
    this.#complain(code);
    this.#ready.reject(new NightsafeError(code));
    this.#tell("loaderror", { code });
  }

  #take(message: FromFrame): void {
    if (message.type === "ready") {
      this.#open = true;
      this.#view.ready();
      this.replaceChildren();
      this.#ready.resolve();
      this.#tell("ready", {});
    } else if (message.type === "resize") {
      this.#view.resize(message.height);
    } else if (message.type === "change") {
      putReceipt(this.form, "");
      this.#tell("change", message.state);
    } else if (message.type === "submit") {
      if (this.form) submitImplicitly(this.form);
    } else if (message.type === "sealed" && message.id === this.#calls) {
      this.#store(message.sealed);
    } else if (message.type === "refused" && message.id === this.#calls) {
      this.#refused(message);
    }
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#refuse("frame_timeout"), PATIENCE);
    this.#view.complain("");
    this.#view.murmur(this.#texts().sealing);
    const values = inlineValues(this.#controls());
    this.#link?.send({ type: "seal", id: ++this.#calls, reference: this.reference, values });
  }

  #store(sealed: Sealed): void {
    const sealing = this.#end();
    // Nobody asked, or nobody waits any more
    if (!sealing) return;
    putReceipt(this.form, sealed.receipt);
    sealing.resolve(sealed);
  }

  #refused({ code, message, problems }: Extract<FromFrame, { type: "refused" }>): void {
    const controls = this.#controls();
    const elsewhere = problems.filter((problem) => !controls.some((control) => isOf(control, problem)));
    const card = elsewhere.some(({ field }) => field.startsWith("card."));
    // A part that the page has no input for: the shop has to hear of it, and the shopper of something
    const lost = elsewhere.find(({ field }) => !field.startsWith("card."));
    this.#view.complain(lost ? `${lost.message} (${lost.field})` : message);
    showProblems(controls, problems, card);
    if (card) this.focus();
    this.#refuse(code, problems);
  }

  #refuse(code: string, problems: readonly FieldProblem[] = []): void {
    const sealing = this.#end();
    if (!sealing) return;
    sealing.reject(new NightsafeError(code, problems));
    this.#tell("error", { code, problems });
  }

  /** The sealing that was under way. */
  #end(): Pending<Sealed> | undefined {
    clearTimeout(this.#timer);
    this.#view.murmur("");
    const sealing = this.#sealing;
    this.#sealing = undefined;
    return sealing;
  }

  #complain(code: string): void {
    const texts = this.#texts();
    this.#view.complain(loadMessage(texts, code), { label: texts.again, load: () => this.#load(false) });
  }

  #texts(): Texts {
    return textsOf(localeOf(this));
  }

  /** Dispatches an event; `false` when a listener of the shop cancelled it. */
  #tell(type: string, detail: unknown): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, cancelable: type === "sealed" }));
  }
}
