// Keys and epochs: every data key, what it is doing, and what is due next. All of it from manifests that the site keys signed.

import { dueSentence } from "../due.ts";
import { focusOn, h, uniqueId } from "../dom.ts";
import type { DataKey, Keys } from "../engine.ts";
import { day } from "../format.ts";
import { backLink } from "./back.ts";
import type { View } from "./view.ts";

const STATES: Readonly<Record<DataKey["state"], string>> = {
  pending: "Pending",
  active: "Active",
  retiring: "Retiring",
  retired: "Retired",
  purged: "Discarded",
};

export interface KeysProps {
  readonly keys: Keys;
  readonly back: () => void;
}

export function keysView({ keys, back }: KeysProps): View {
  const heading = h("h1", {}, "Keys and epochs");
  return {
    title: "Keys and epochs",
    element: h("div", { class: "account-page" }, backLink(back), heading, dueSection(keys), keysSection(keys)),
    focus: () => focusOn(heading),
    hide: () => undefined, // nothing secret: the ids and dates of public keys
  };
}

function dueSection({ due, keys, ends }: Keys): HTMLElement {
  const title = h("h2", { id: uniqueId("due") }, "What is due");
  const next = keys.find(({ state }) => state === "pending");
  const calm = h(
    "p",
    {},
    "Nothing. ",
    next === undefined ? undefined : `The next data key takes over by itself on ${date(next.start)}. `,
    ends === undefined ? undefined : `A new key manifest has to be signed before ${date(ends)}; this page says so 60 days ahead.`,
  );
  return h(
    "section",
    { class: "card", "aria-labelledby": title.id },
    title,
    due.length === 0 ? calm : h("ul", { class: "due" }, ...due.map((one) => h("li", {}, dueSentence(one)))),
  );
}

function keysSection({ keys }: Keys): HTMLElement {
  const title = h("h2", { id: uniqueId("keys") }, "Data keys");
  const lead =
    keys.length === 0
      ? "The vault has no key manifest that the site keys signed."
      : "Each data key seals what customers type for 90 days at most, then the next one takes over. Signed by the site keys, and verified in this browser.";
  return h(
    "section",
    { class: "card keys", "aria-labelledby": title.id },
    title,
    h("p", { class: "lead" }, lead),
    keys.length === 0 ? undefined : h("ul", {}, ...[...keys].reverse().map(item)),
  );
}

function item(key: DataKey): HTMLElement {
  return h(
    "li",
    { "data-state": key.state },
    h("h3", {}, STATES[key.state], h("span", { class: "own" }, ` ${verb(key)} ${date(key.start)}`)),
    h("p", { class: "hint" }, explained(key)),
    h("p", { class: "words" }, `${key.key_id} (${key.suite})`),
  );
}

function verb({ state }: DataKey): string {
  return state === "pending" ? "from" : state === "purged" ? "was due on" : "began on";
}

function explained({ state, until, held }: DataKey): string {
  const end = until === undefined ? "" : ` until ${date(until)}`;
  const opens = held ? "You can open what it sealed." : "It is not granted to you.";
  switch (state) {
    case "pending":
      return `Signed ahead. It takes over by itself. ${held ? "It is granted to you already." : "It is not granted to you yet."}`;
    case "active":
      return `Seals what customers type now${end}. ${opens}`;
    case "retiring":
      return `Replaced. Deposits of browsers that have not noticed yet still come in${end}. ${opens}`;
    case "retired":
      return `No deposit is sealed to it any more. ${opens}`;
    case "purged":
      return "Taken back before it was used: nothing was ever sealed to it.";
  }
}

function date(time: string): string {
  return day(time.slice(0, 10));
}
