// The visible fields: labels, errors, brand. Values stay between the inputs and the WASM.

import * as checkout from "#checkout-wasm";
import { CARD_PARTS, type CardPart, type CardState } from "../shared/protocol.ts";
import { brandMark } from "./brand.ts";
import { fieldMessage, type Texts } from "./texts.ts";

interface Field {
  readonly part: CardPart;
  readonly input: HTMLInputElement;
  readonly label: HTMLLabelElement;
  readonly error: HTMLElement;
  readonly required: boolean;
}

/** What the card tells. */
export interface CardEvents {
  /** A value changed. */
  readonly edit: () => void;
  readonly state: (state: CardState) => void;
  /** Enter was pressed. */
  readonly enter: () => void;
}

export class Card {
  readonly #on: CardEvents;
  readonly #form: HTMLFormElement;
  readonly #fields: readonly Field[];
  /** Fields that were left once, or sent: their errors show as they change. */
  readonly #judged = new Set<CardPart>();
  #texts: Texts;
  #last = "";

  constructor(
    form: HTMLFormElement,
    texts: Texts,
    on: CardEvents,
  ) {
    this.#on = on;
    this.#form = form;
    this.#texts = texts;
    this.#fields = CARD_PARTS.flatMap((part) => this.#bind(part));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#on.enter();
    });
    this.speak(texts);
    this.lock(false);
    form.hidden = false;
  }

  /** Sets labels, and the errors that are shown, in the language of the texts. */
  speak(texts: Texts): void {
    this.#texts = texts;
    document.title = this.#form.ariaLabel = texts.title;
    for (const { part, label, required, input } of this.#fields) {
      label.textContent = texts[part];
      if (!required) {
        const note = document.createElement("span");
        note.textContent = ` (${texts.optional})`;
        label.append(note);
      }
      if (part === "expiry") input.placeholder = texts.month_year;
    }
    this.#refresh();
  }

  disable(disabled: boolean): void {
    for (const set of this.#form.querySelectorAll("fieldset")) set.disabled = disabled;
  }

  /** No edits while a deposit is on its way. */
  lock(locked: boolean): void {
    for (const { input } of this.#fields) input.readOnly = locked;
  }

  /** Focuses the first field that needs attention. */
  focus(): void {
    const wanted = this.#fields.find(({ part }) => checkout.check(part) !== "") ?? this.#fields[0];
    wanted?.input.focus();
  }

  /** Shows all that is wrong: the shopper wanted to go on. */
  judge(): void {
    for (const { part } of this.#fields) this.#judged.add(part);
    this.#refresh();
  }

  /** Empties the fields; `sealed` says so to the shopper. */
  clear(sealed: boolean): void {
    checkout.clear();
    this.#judged.clear();
    this.#refresh();
    this.#note(sealed ? this.#texts.sealed : "");
  }

  #bind(part: CardPart): Field[] {
    const place = byId(`${part}-field`);
    const input = byId(part);
    const error = byId(`${part}-error`);
    const label = place?.querySelector("label");
    if (!place || !error || !label || !(input instanceof HTMLInputElement)) return [];
    const need = checkout.bind(part, input);
    if (need === 0) {
      place.hidden = input.disabled = true;
      return [];
    }
    let length = 0;
    input.addEventListener("beforeinput", () => (length = input.value.length));
    const edited = (event: Event) => {
      // While an input method composes, the text is its own; compositionend follows
      if ((event as InputEvent).isComposing) return;
      checkout.edited(part);
      // A gap that is deleted is put back: the caret goes behind it, or Delete would never get any further
      if ((event as InputEvent).inputType === "deleteContentForward" && input.value.length === length) {
        const behind = (input.selectionStart ?? length) + 1;
        input.setSelectionRange(behind, behind);
      }
      this.#note("");
      this.#on.edit();
      this.#refresh();
    };
    for (const type of ["input", "change", "compositionend"]) input.addEventListener(type, edited);
    input.addEventListener("blur", () => {
      // Passing through an empty field is no mistake yet
      if (checkout.check(part) !== "required") this.#judged.add(part);
      this.#refresh();
    });
    input.required = need === 2;
    return [{ part, input, label, error, required: need === 2 }];
  }

  #refresh(): void {
    const errors: CardState["errors"] = {};
    let complete = true;
    for (const { part, input, error } of this.#fields) {
      const code = checkout.check(part);
      if (code !== "") complete = false;
      const shown = code !== "" && this.#judged.has(part);
      if (shown) errors[part] = code;
      setText(error, shown ? fieldMessage(this.#texts, part, code) : "");
      input.setAttribute("aria-invalid", String(shown));
    }
    const brand = checkout.brand();
    brandMark(byId("brand"), brand);
    const state: CardState = { complete, empty: checkout.empty(), brand, errors };
    const text = JSON.stringify(state);
    if (text !== this.#last) this.#on.state(state);
    this.#last = text;
  }

  #note(text: string): void {
    setText(byId("note"), text);
  }
}

/** Says it once: a live region speaks on every change, also to the same text. */
function setText(element: Element | null, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}

function byId(id: string): HTMLElement | null {
  return document.getElementById(id);
}
