// Who is an admin: the verified roster, with the words by which people tell each other's keys.

import { h, uniqueId } from "../dom.ts";
import type { Person } from "../engine.ts";
import { day } from "../format.ts";

const STATES: Readonly<Record<Person["state"], string>> = {
  active: "Active",
  replaced: "Has new keys",
  left: "Removed: left",
  lost: "Removed: keys lost",
  compromised: "Removed: keys in other hands",
  other: "Removed",
};

export function peopleSection(people: readonly Person[]): HTMLElement {
  const title = h("h2", { id: uniqueId("people") }, "People");
  const lead =
    people.length === 0
      ? "There is no signed list of admins yet. Whoever holds the site keys begins it."
      : "Signed from the site keys down, and verified in this browser. The twelve words are a person’s keys: compare them aloud.";
  return h(
    "section",
    { class: "card people", "aria-labelledby": title.id },
    title,
    h("p", { class: "lead" }, lead),
    people.length === 0 ? undefined : h("ul", {}, ...people.map(item)),
  );
}

function item({ name, roles, words, state, since, own }: Person): HTMLElement {
  return h(
    "li",
    { "data-state": state },
    h("h3", {}, name, own ? h("span", { class: "own" }, " (you)") : undefined),
    h("p", { class: "hint" }, `${STATES[state]}, since ${day(since.slice(0, 10))}, as ${roles.join(", ")}`),
    h("p", { class: "words" }, words),
  );
}
