// A new passphrase. The old one is asked for again: a page that was left open is not enough to keep its owner out.

import { fill, h, on, uniqueId } from "../dom.ts";
import { Strength } from "./strength.ts";
import type { JudgePassphrase } from "./strength.ts";

export interface PassphraseProps {
  readonly user: string;
  /** Resolves to a sentence when it did not work, to nothing when it did. */
  readonly change: (typed: { readonly old: string; readonly next: string }) => Promise<string | undefined>;
  /** Whether a new one is good enough, and why not. */
  readonly judge: JudgePassphrase;
  readonly say: (text: string) => void;
}

export class PassphraseForm {
  readonly #user = h("input", { name: "user", type: "hidden", autocomplete: "username" });
  readonly #old = secret("old", "current-password");
  readonly #next = secret("next", "new-password");
  readonly #again = secret("again", "new-password");
  readonly #error = h("div", { role: "alert" });
  readonly #progress = h("p", { class: "progress", role: "status" });
  readonly #submit = h("button", { type: "submit", class: "primary" }, "Change the passphrase");
  readonly #strength: Strength;
  readonly #form: HTMLFormElement;
  readonly element: HTMLElement;

  constructor(private readonly props: PassphraseProps) {
    this.#user.value = props.user;
    const hint = h(
      "p",
      { id: uniqueId("hint"), class: "hint" },
      "Five or six words that have nothing to do with each other are best.",
    );
    this.#next.setAttribute("aria-describedby", hint.id);
    this.#strength = new Strength(this.#next, props.judge);
    this.#form = on(
      h(
        "form",
        { class: "stack", novalidate: true },
        this.#user,
        labelled("Passphrase now", this.#old),
        labelled("New passphrase", this.#next, hint, this.#strength.element),
        labelled("New passphrase again", this.#again),
        this.#error,
        h("div", { class: "row" }, this.#submit, this.#progress),
      ),
      { submit: (event) => (event.preventDefault(), void this.run()) },
    );
    const title = h("h2", { id: uniqueId("passphrase") }, "Passphrase");
    const lead = h(
      "p",
      { class: "lead" },
      "It unlocks your own keys, and nothing else has to change with it. Everywhere else you are signed out then.",
    );
    this.element = h("section", { class: "card", "aria-labelledby": title.id }, title, lead, this.#form);
  }

  clear(): void {
    for (const input of [this.#old, this.#next, this.#again]) input.value = "";
    this.#strength.clear();
  }

  private async run(): Promise<void> {
    if (this.#form.getAttribute("aria-busy") === "true") return;
    const [old, next, again] = [this.#old.value, this.#next.value, this.#again.value];
    const wrong = this.wrong(old, next, again);
    if (wrong !== undefined) return this.show(...wrong);
    this.busy(true);
    this.show(undefined);
    const weak = await this.#strength.refused();
    if (weak !== undefined) {
      this.busy(false);
      return this.show(weak, this.#next);
    }
    const failed = await this.props.change({ old, next });
    this.busy(false);
    if (failed !== undefined) return this.show(failed, this.#old);
    this.clear();
    this.#progress.textContent = "Changed. Sign in with the new one from now on.";
    this.#old.focus();
  }

  /** What to say, and where to go on. */
  private wrong(old: string, next: string, again: string): [string, HTMLInputElement] | undefined {
    if (old === "") return ["Type the passphrase that you signed in with.", this.#old];
    if (next === old) return ["The new passphrase is the old one. Choose another.", this.#next];
    if (next !== again) return ["The new passphrase is not the same both times.", this.#again];
    return undefined;
  }

  private show(sentence: string | undefined, at?: HTMLInputElement): void {
    fill(this.#error, sentence === undefined ? undefined : h("p", { class: "error" }, sentence));
    at?.focus();
  }

  private busy(yes: boolean): void {
    this.#form.setAttribute("aria-busy", String(yes));
    this.#submit.setAttribute("aria-disabled", String(yes)); // not disabled: that would lose the focus
    for (const input of [this.#old, this.#next, this.#again]) input.readOnly = yes;
    this.#progress.textContent = yes ? "Working on both passphrases. This takes a moment, on purpose…" : "";
  }
}

function secret(name: string, autocomplete: string): HTMLInputElement {
  return h("input", { id: uniqueId(name), name, type: "password", autocomplete, maxlength: 1024, required: true });
}

function labelled(text: string, input: HTMLInputElement, ...more: readonly HTMLElement[]): HTMLElement {
  return h("div", { class: "field" }, h("label", { for: input.id }, text), input, ...more);
}
