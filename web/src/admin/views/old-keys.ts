// Where somebody's old keys are, before new ones take their place. Until somebody says otherwise, others may have them.

import { OLD_KEYS } from "../changes.ts";
import { h, uniqueId } from "../dom.ts";
import type { OldKeys } from "../engine.ts";

export class OldKeysField {
  readonly #forgotten: HTMLInputElement;
  readonly element: HTMLElement;

  constructor(name: string) {
    const group = uniqueId("old-keys");
    const lost = choice(group, "lost", true);
    const forgotten = choice(group, "forgotten", false);
    this.#forgotten = forgotten.input;
    const legend = h("legend", {}, `Where are ${name}’s old keys?`);
    this.element = h("fieldset", { class: "stack" }, legend, lost.element, forgotten.element);
  }

  read(): OldKeys {
    return this.#forgotten.checked ? "forgotten" : "lost";
  }
}

function choice(group: string, value: OldKeys, checked: boolean): { readonly input: HTMLInputElement; readonly element: HTMLElement } {
  const said = OLD_KEYS[value];
  const hint = h("p", { id: uniqueId("hint"), class: "hint" }, said.hint);
  const input = h("input", { id: uniqueId("old"), type: "radio", name: group, value, checked, "aria-describedby": hint.id });
  return { input, element: h("div", { class: "stack" }, h("div", { class: "tick" }, input, h("label", { for: input.id }, said.choice)), hint) };
}
