// The search form. What is typed stays in the form: it never gets into an address or into storage.

import { CRITERIA } from "../criteria.ts";
import type { Criterion, Typed } from "../criteria.ts";
import { button, fill, h, on } from "../dom.ts";
import { BRAND_WORDS } from "../words.ts";

type Input = HTMLInputElement | HTMLSelectElement;

export class SearchForm {
  readonly #inputs: Readonly<Record<Criterion, Input>> = {
    reference: input("reference", { maxlength: 64, autocapitalize: "none" }),
    brand: h(
      "select",
      { id: "find-brand" },
      h("option", { value: "" }, "Any brand"),
      ...[...BRAND_WORDS].map(([value, label]) => h("option", { value }, label)),
    ),
    last4: input("last4", { inputmode: "numeric", maxlength: 4, class: "short" }),
    postal_code: input("postal_code", { maxlength: 10, class: "short" }),
    day: input("day", { type: "date" }),
  };
  readonly #errors = new Map(CRITERIA.map((name) => [name, h("div", { id: `find-${name}-error` })]));
  readonly element: HTMLElement;

  constructor(private readonly submit: (typed: Typed) => void) {
    this.element = on(
      h(
        "form",
        { class: "card find", role: "search", novalidate: true, autocomplete: "off" },
        this.field("reference", "Order reference"),
        this.field("brand", "Card brand"),
        this.field("last4", "Last four"),
        this.field("postal_code", "Postal code"),
        this.field("day", "Day"),
        h(
          "div",
          { class: "row actions" },
          h("button", { type: "submit", class: "primary" }, "Find"),
          button("Clear", () => this.clear(), { class: "quiet" }),
        ),
      ),
      { submit: (event) => (event.preventDefault(), submit(this.typed())) },
    );
  }

  typed(): Typed {
    return Object.fromEntries(CRITERIA.map((name) => [name, this.#inputs[name].value])) as Record<Criterion, string>;
  }

  /** Says beside each input what is wrong with it, and goes to the first. */
  showErrors(errors: ReadonlyMap<Criterion, string>): void {
    for (const name of CRITERIA) {
      const error = errors.get(name);
      const place = this.#errors.get(name);
      if (place !== undefined) fill(place, error === undefined ? undefined : h("p", { class: "error" }, error));
      if (error === undefined) this.#inputs[name].removeAttribute("aria-invalid");
      else this.#inputs[name].setAttribute("aria-invalid", "true");
    }
    const first = CRITERIA.find((name) => errors.has(name));
    if (first !== undefined) this.#inputs[first].focus();
  }

  private clear(): void {
    for (const name of CRITERIA) this.#inputs[name].value = "";
    this.#inputs.reference.focus();
    this.submit(this.typed());
  }

  private field(name: Criterion, label: string): HTMLElement {
    const control = this.#inputs[name];
    control.setAttribute("aria-describedby", `find-${name}-error`);
    const labelled = h("label", { for: control.id }, label);
    return h("div", { class: `field find-${name}` }, labelled, control, this.#errors.get(name));
  }
}

function input(name: Criterion, attributes: Readonly<Record<string, string | number>>): HTMLInputElement {
  return h("input", { id: `find-${name}`, type: "text", autocomplete: "off", spellcheck: "false", ...attributes });
}
