// What the page says aloud: one polite live region for everybody, and banners for what needs an answer.

import { button, fill, h } from "./dom.ts";

export class Status {
  readonly #live = h("p", { class: "visually-hidden", role: "status" });
  readonly #banners = h("div", { class: "banners" });

  /** Lives outside the views, so that a change of view does not cut an announcement off. */
  readonly element = h("div", { class: "status" }, this.#live, this.#banners);

  /** Read out by screen readers, shown nowhere. Never holds an opened value. */
  say(text: string): void {
    // The same text twice in a row would not be read out again
    this.#live.textContent = this.#live.textContent === text ? `${text}\u00a0` : text;
  }

  /** A failure on top of what is on screen, which stays. At most one at a time. */
  fail(sentence: string, again?: () => void): void {
    const retry = again === undefined ? undefined : button("Try again", () => (this.clear(), again()));
    const close = button("Dismiss", () => this.clear(), { class: "quiet" });
    fill(
      this.#banners,
      h("div", { class: "banner danger", role: "alert" }, h("p", {}, sentence), h("div", { class: "row" }, retry, close)),
    );
  }

  clear(): void {
    fill(this.#banners);
  }
}
