// Choosing which sealed fields to open, and what for. Nothing is chosen beforehand.

import { canOpen, ofField } from "../differences.ts";
import { fill, h, on } from "../dom.ts";
import type { Difference, SealedField } from "../engine.ts";
import { counted } from "../format.ts";
import { icon } from "../icons.ts";
import { fieldTitle, PURPOSE_WORDS } from "../words.ts";
import { PURPOSES } from "../wire.ts";
import type { Purpose } from "../wire.ts";

export interface Choice {
  readonly fields: readonly SealedField[];
  readonly purpose: Purpose;
}

const RECORDED = "It is recorded that you opened these fields, when and what for. The vault never learns the values.";

export class ChooseForm {
  readonly #boxes = new Map<SealedField, HTMLInputElement>();
  readonly #notes = new Map<SealedField, HTMLElement>();
  readonly #purpose = h(
    "select",
    { id: "purpose", "aria-describedby": "choose-error" },
    h("option", { value: "" }, "Choose what for"),
    ...PURPOSES.map((value) => h("option", { value }, PURPOSE_WORDS[value])),
  );
  readonly #error = h("div", { id: "choose-error", role: "alert" });
  readonly #submit = h("button", { type: "submit", class: "primary" }, "Open");
  readonly element: HTMLFormElement;

  constructor(fields: readonly SealedField[], languages: readonly string[], open: (choice: Choice) => void) {
    const items = fields.map((field, number) => this.item(field, number, languages));
    this.element = on(
      h(
        "form",
        { class: "choose", novalidate: true },
        h("fieldset", {}, h("legend", { class: "visually-hidden" }, "Fields to open"), ...items),
        h("div", { class: "field" }, h("label", { for: "purpose" }, "What do you need it for?"), this.#purpose),
        this.#error,
        h("div", { class: "row actions" }, this.#submit),
        h("p", { class: "hint" }, RECORDED),
      ),
      { submit: (event) => (event.preventDefault(), this.submitted(open)), change: () => this.count() },
    );
  }

  /** Marks what is known to be wrong with each field; what the vault does not hold cannot be chosen. */
  mark(differences: readonly Difference[]): void {
    for (const [field, box] of this.#boxes) {
      const difference = ofField(differences, field);
      const note = this.#notes.get(field);
      if (note !== undefined) note.textContent = difference === undefined ? "" : shortly(difference);
      box.disabled = !canOpen(difference);
      if (box.disabled) box.checked = false;
    }
    this.count();
  }

  busy(yes: boolean): void {
    this.element.setAttribute("aria-busy", String(yes));
    this.#submit.setAttribute("aria-disabled", String(yes));
    if (yes) this.#submit.textContent = "Opening…";
    else this.count();
  }

  /** After an opening: the next one starts from nothing. */
  reset(): void {
    for (const box of this.#boxes.values()) box.checked = false;
    this.#purpose.value = "";
    this.count();
  }

  /** Where to go on when opened values have hidden themselves. */
  focus(): void {
    this.#submit.focus();
  }

  private item(field: SealedField, number: number, languages: readonly string[]): HTMLElement {
    const note = h("span", { id: `field-note-${number}`, class: "note" });
    const box = h("input", { type: "checkbox", id: `field-${number}`, "aria-describedby": note.id });
    this.#boxes.set(field, box);
    this.#notes.set(field, note);
    const title = fieldTitle(field.kind, field.index, field.labels, languages);
    return h("div", { class: "option" }, box, h("label", { for: box.id }, icon("sealed"), title), note);
  }

  private submitted(open: (choice: Choice) => void): void {
    if (this.element.getAttribute("aria-busy") === "true") return;
    const fields = this.chosen();
    const purpose = PURPOSES.find((value) => value === this.#purpose.value);
    if (fields.length === 0) {
      const first = [...this.#boxes.values()].find((box) => !box.disabled);
      return this.refuse("Choose at least one field.", first);
    }
    if (purpose === undefined) {
      return this.refuse("Choose what you need it for. It is recorded with the opening.", this.#purpose);
    }
    fill(this.#error);
    open({ fields, purpose });
  }

  private refuse(sentence: string, where: HTMLElement | undefined): void {
    fill(this.#error, h("p", { class: "error" }, sentence));
    where?.focus();
  }

  private chosen(): readonly SealedField[] {
    return [...this.#boxes].filter(([, box]) => box.checked).map(([field]) => field);
  }

  private count(): void {
    const { length } = this.chosen();
    this.#submit.textContent = length === 0 ? "Open" : `Open ${counted(length, "field")}`;
  }
}

function shortly({ code }: Difference): string {
  if (code === "field_missing") return "No longer in the vault";
  if (code === "field_added") return "A second one was added";
  if (code === "field_unreadable") return "Does not open";
  return "Replaced after it was sent";
}
