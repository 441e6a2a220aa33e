// What the page says aloud: one polite live region for everybody, and banners for what needs an answer.

import { button, fill, h } from "./dom.ts";

export class Status {
  readonly #live = h("p", { class: "visually-hidden", role: "status" });
  readonly #failure = h("div");
  readonly #warning = h("div");

  /** Lives outside the views, so that a change of view does not cut an announcement off. */
  readonly element = h("div", { class: "status" }, this.#live, this.#warning, this.#failure);

  /** Read out by screen readers, shown nowhere. Never holds an opened value. */
  say(text: string): void {
    // The same text twice in a row would not be read out again
    this.#live.textContent = this.#live.textContent === text ? `${text}\u00a0` : text;
  }

  /** A failure on top of what is on screen, which stays. At most one at a time. */
  fail(sentence: string, again?: () => void): void {
    const retry = again === undefined ? undefined : button("Try again", () => (this.clear(), again()));
    fill(this.#failure, banner(sentence, retry, () => this.clear()));
  }

  /** Something to know that stays true whatever is done next. */
  warn(sentence: string): void {
    fill(this.#warning, banner(sentence, undefined, () => fill(this.#warning)));
  }

  /** What failed before works again. */
  clear(): void {
    fill(this.#failure);
  }

  /** For the next person. */
  reset(): void {
    fill(this.#failure);
    fill(this.#warning);
  }
}

function banner(sentence: string, action: HTMLElement | undefined, dismiss: () => void): HTMLElement {
  const close = button("Dismiss", dismiss, { class: "quiet" });
  return h("div", { class: "banner", role: "alert" }, h("p", {}, sentence), h("div", { class: "row" }, action, close));
}
