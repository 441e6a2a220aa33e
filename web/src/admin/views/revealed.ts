// Opened values on screen: for a minute, with a countdown, a copy button for each part, and an end at any moment.

import type { Clipboard } from "../clipboard.ts";
import { Countdown } from "../countdown.ts";
import type { Clock } from "../countdown.ts";
import { button, fill, focusOn, h, on } from "../dom.ts";
import type { OpenedField, OpenedPart } from "../engine.ts";
import { shownPart } from "../format.ts";
import { icon } from "../icons.ts";
import { partTitle } from "../words.ts";

/** Seconds that opened values stay on screen. */
export const REVEAL_SECONDS = 60;
/** Seconds before the end at which the page says so aloud: enough time to ask for more. */
const SAY_AT = 20;

export interface RevealedProps {
  readonly fields: readonly { readonly title: string; readonly field: OpenedField }[];
  readonly clock: Clock;
  readonly clipboard: Clipboard;
  readonly say: (text: string) => void;
  /** Called once, when the values have left the page; `byItself` when time was up. */
  readonly hidden: (byItself: boolean) => void;
}

export class Revealed {
  readonly #heading = h("h3", {}, "Open now");
  readonly #left = h("span", { class: "left" });
  readonly #bar = h("progress", { max: REVEAL_SECONDS, value: REVEAL_SECONDS, "aria-hidden": "true" });
  readonly #values = h("div", { class: "values" });
  readonly #countdown: Countdown;
  readonly element: HTMLElement;

  constructor(private readonly props: RevealedProps) {
    this.#countdown = new Countdown(props.clock, REVEAL_SECONDS, {
      left: (seconds) => this.left(seconds),
      over: () => this.hide(true),
    });
    fill(this.#values, ...props.fields.map(({ title, field }) => this.fieldBlock(title, field)));
    this.element = on(
      h(
        "section",
        { class: "revealed", "aria-label": "Open now" },
        h("div", { class: "row between" }, this.#heading, this.#left),
        this.#bar,
        this.#values,
        h(
          "div",
          { class: "row actions" },
          button("Hide now", () => this.hide(false), { class: "primary" }),
          button(`Start the ${REVEAL_SECONDS} s again`, () => this.#countdown.start()),
        ),
        h("p", { class: "hint" }, "Going to another tab hides the values. What you copied can still be pasted there."),
      ),
      { keydown: (event) => event.key === "Escape" && this.hide(false) },
    );
    this.#countdown.start();
  }

  focus(): void {
    focusOn(this.#heading);
  }

  /** Looks at the clock, for example when a computer wakes up. */
  check(): void {
    this.#countdown.tick();
  }

  /** Takes the values out of the page. Harmless when they are out already. */
  hide(byItself = false): void {
    if (!this.element.isConnected && !this.#countdown.running) return;
    this.#countdown.stop();
    fill(this.#values);
    this.element.remove();
    this.props.hidden(byItself);
  }

  private left(seconds: number): void {
    this.#left.textContent = `Hides in ${seconds} s`;
    this.#bar.value = seconds;
    if (seconds === SAY_AT) this.props.say(`The values hide in ${SAY_AT} seconds. You can start the time again.`);
  }

  private fieldBlock(title: string, field: OpenedField): HTMLElement {
    // A part that was left empty says nothing
    const parts = field.parts.filter(({ value }) => value !== "");
    const lines = parts.flatMap((part) => this.partRow(title, field.kind, part));
    return h("div", { class: "value" }, h("h4", {}, title), h("dl", {}, ...lines));
  }

  private partRow(title: string, kind: string, { name, value }: OpenedPart): HTMLElement[] {
    const label = name === "value" ? title : partTitle(kind, name);
    const copy = button(icon("copy"), () => void this.copy(copy, label, value), { class: "copy" });
    copy.append(h("span", {}, "Copy"), h("span", { class: "visually-hidden" }, ` ${label}`));
    return [
      h(
        "div",
        { class: name === "value" ? "part only" : "part" },
        h("dt", { class: name === "value" ? "visually-hidden" : undefined }, label),
        h("dd", { class: "plain" }, shownPart(kind, name, value)),
        h("dd", { class: "tool" }, copy),
      ),
    ];
  }

  private async copy(pressed: HTMLButtonElement, label: string, value: string): Promise<void> {
    const done = await this.props.clipboard.copy(value);
    const word = pressed.querySelector("span");
    if (word !== null) word.textContent = done ? "Copied" : "Not allowed";
    const copied = `${label} copied. It leaves the clipboard when the values hide.`;
    this.props.say(done ? copied : "The browser did not allow copying.");
  }
}
