// A change that one admin signed and another has to.

import { button, h } from "../dom.ts";
import { sayChange } from "../changes.ts";
import type { Proposal } from "../engine.ts";
import { moment } from "../format.ts";
import { comparing } from "./compared.ts";
import type { PeopleActions } from "./people.ts";

export function proposalItem(proposal: Proposal, actions: PeopleActions): HTMLElement {
  const { changes, signed, own, time } = proposal;
  const sentences = changes.map(sayChange);
  return h(
    "li",
    {},
    h("h3", {}, sentences.join(" ")),
    h("p", { class: "hint" }, `Signed by ${signed.join(", ")} on ${moment(time)}.`),
    own ? h("p", {}, "Another admin has to sign it, in this place.") : signing(proposal, actions),
    h("div", { class: "row" }, button("Drop this change", () => void actions.drop(proposal), { class: "quiet" })),
  );
}

/** Where keys come in, their words are compared first, by each who signs. */
function signing(proposal: Proposal, actions: PeopleActions): HTMLElement {
  const sign = (): void => void actions.cosign(proposal, "Signed: the change is made.");
  const keys = proposal.changes.find(({ words }) => words !== undefined);
  if (keys?.words !== undefined) return comparing(keys.name ?? "this person", keys.words, "Sign this change too", sign);
  return h("div", { class: "row" }, button("Sign this change too", sign, { class: "primary" }));
}
