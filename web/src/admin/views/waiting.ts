// Who has joined and waits for an admin, and invitations that nobody has used.

import { button, h } from "../dom.ts";
import type { Waiting } from "../engine.ts";
import { moment } from "../format.ts";
import { sayRoles } from "../roles.ts";
import type { OpenInvitation } from "../wire.ts";
import { comparing } from "./compared.ts";
import { OldKeysField } from "./old-keys.ts";
import type { PeopleActions } from "./people.ts";

export function waitingItem(waiting: Waiting, threshold: number, actions: PeopleActions): HTMLElement {
  const { name, roles, words, replaces, joined, person } = waiting;
  const what = replaces ? `New keys for ${name}; what ${name} may do stays the same.` : `To work as ${sayRoles(roles)}.`;
  const press = replaces ? `Sign ${name}’s new keys` : `Sign ${name} in`;
  const done = replaces ? `${name} has new keys now.` : `${name} is on the list now.`;
  const old = new OldKeysField(name);
  return h(
    "li",
    {},
    h("h3", {}, name),
    h("p", { class: "hint" }, `${what} Joined on ${moment(joined)}.${threshold > 1 ? " Another admin has to sign after you." : ""}`),
    replaces ? old.element : undefined,
    comparing(name, words, press, () => void actions.change({ change: "admit", person, ...(replaces ? { old_keys: old.read() } : {}) }, done)),
    h(
      "div",
      { class: "row aside" },
      h("p", { class: "hint" }, "Are the words not the same, or do you not know this person?"),
      button(`Send ${name} away`, () => void actions.withdraw(name, `${name} does not wait any more.`), { class: "quiet" }),
    ),
  );
}

export function openInvitationItem({ name, roles, invited_by, expires }: OpenInvitation, actions: PeopleActions): HTMLElement {
  return h(
    "li",
    { class: "row between" },
    h(
      "div",
      {},
      h("h3", {}, name),
      h("p", { class: "hint" }, `As ${sayRoles(roles)}, invited by ${invited_by}, good until ${moment(expires)}`),
    ),
    button(`Withdraw ${name}’s invitation`, () => void actions.withdraw(name, `The invitation of ${name} was withdrawn.`)),
  );
}
