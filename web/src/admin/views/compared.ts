// The deliberate step before somebody's keys are signed: nobody presses a button without having compared the words.

import { fill, h } from "../dom.ts";
import { form, ticked, wordList } from "./fields.ts";

/** The words, a sentence to tick, and a button that asks for it. */
export function comparing(name: string, words: string, press: string, sign: () => void): HTMLElement {
  const tick = ticked(`I have read these twelve words with ${name}, by telephone or in person, and all are the same.`);
  const error = h("div", { role: "alert" });
  const send = (): void => {
    const { checked } = tick.box;
    fill(error, checked ? undefined : h("p", { class: "error" }, "Compare the words first, then tick the box."));
    if (checked) sign();
    else tick.box.focus();
  };
  return form(send, wordList(words), tick.element, error, h("div", { class: "row" }, h("button", { type: "submit", class: "primary" }, press)));
}
