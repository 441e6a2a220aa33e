// Parts that forms about people share.

import { h, on, uniqueId } from "../dom.ts";
import type { Child } from "../dom.ts";
import { otherRoles, readRoles } from "../roles.ts";

export function labelled(text: string, input: HTMLElement & { id: string }, ...more: readonly (HTMLElement | undefined)[]): HTMLElement {
  return h("div", { class: "field" }, h("label", { for: input.id }, text), input, ...more);
}

/** A box to tick, with its sentence. */
export function ticked(sentence: string, checked = false): { readonly box: HTMLInputElement; readonly element: HTMLElement } {
  const box = h("input", { id: uniqueId("tick"), type: "checkbox", checked });
  return { box, element: h("div", { class: "tick" }, box, h("label", { for: box.id }, sentence)) };
}

/** What a person may do. */
export class RolesField {
  readonly #admin: ReturnType<typeof ticked>;
  readonly #others: HTMLInputElement;
  readonly element: HTMLElement;

  constructor(roles: readonly string[]) {
    this.#admin = ticked("Admin: opens what the policy lets admins open, invites and removes people", roles.includes("admin"));
    const hint = h(
      "p",
      { id: uniqueId("hint"), class: "hint" },
      "Names from your site’s policy, with commas between, for example: shipping. Leave it empty if you know of none.",
    );
    this.#others = h("input", {
      id: uniqueId("roles"),
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      maxlength: 300,
      value: otherRoles(roles),
      "aria-describedby": hint.id,
    });
    this.element = h(
      "fieldset",
      { class: "stack" },
      h("legend", {}, "What may this person do?"),
      this.#admin.element,
      labelled("Other roles", this.#others, hint),
    );
  }

  /** Nothing when what is typed is none. */
  read(): readonly string[] | undefined {
    return readRoles(this.#admin.box.checked, this.#others.value);
  }

  focus(): void {
    this.#admin.box.focus();
  }
}

/** The twelve words of somebody's keys, numbered, so that two people can read them to each other. */
export function wordList(words: string): HTMLElement {
  return h("ol", { class: "words" }, ...words.split(" ").map((word) => h("li", {}, word)));
}

/** A form that is sent by its own code. */
export function form(send: () => void, ...children: readonly Child[]): HTMLFormElement {
  const element = h("form", { class: "stack", novalidate: true }, ...children);
  return on(element, { submit: (event) => (event.preventDefault(), send()) });
}
