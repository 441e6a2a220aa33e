// What is readable about a deposit without any key, and what was opened before.

import { h } from "../dom.ts";
import type { SealedField } from "../engine.ts";
import { facet, longDay, moment } from "../format.ts";
import { grouped } from "../openings.ts";
import type { OpeningGroup } from "../openings.ts";
import type { IndexRow, PastOpening } from "../wire.ts";
import { capital, facetNoun, fieldTitle, purposeTitle } from "../words.ts";

const ORDER = ["brand", "last4", "expiry", "postal_code", "country", "street_number", "area_code", "email"];

export function factsPanel(row: IndexRow): HTMLElement {
  const facets = [...row.facets].sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b));
  return h(
    "section",
    { class: "card facts", "aria-labelledby": "facts-title" },
    h("h2", { id: "facts-title" }, "Readable without a key"),
    h(
      "dl",
      {},
      ...fact("Order reference", row.reference),
      ...fact("Received", longDay(row.day)),
      ...facets.flatMap(([name, value]) => fact(capital(facetNoun(name)), facet(name, value))),
    ),
  );
}

export function historyPanel(
  openings: readonly PastOpening[],
  fields: readonly SealedField[],
  languages: readonly string[],
): HTMLElement {
  const groups = grouped(openings);
  return h(
    "section",
    { class: "card history", "aria-labelledby": "history-title" },
    h("h2", { id: "history-title" }, "Opened before"),
    groups.length === 0
      ? h("p", { class: "hint" }, "Nothing of this deposit was opened yet.")
      : h("ol", {}, ...groups.map((group) => entry(group, fields, languages))),
  );
}

function entry(group: OpeningGroup, fields: readonly SealedField[], languages: readonly string[]): HTMLElement {
  const titles = group.fields.map(({ kind, index }) => {
    const labels = fields.find((field) => field.kind === kind)?.labels;
    return fieldTitle(kind, index, labels, languages);
  });
  return h(
    "li",
    {},
    h("span", { class: "what" }, purposeTitle(group.purpose)),
    h("span", {}, titles.join(", ")),
    h("time", { datetime: group.at }, moment(group.at)),
  );
}

function fact(name: string, value: string): HTMLElement[] {
  return [h("dt", {}, name), h("dd", {}, value)];
}
