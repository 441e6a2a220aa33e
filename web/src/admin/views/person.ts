// Somebody of the list, and what an admin can do about it.

import { button, fill, h, uniqueId } from "../dom.ts";
import { REASONS } from "../changes.ts";
import type { Person, Reason } from "../engine.ts";
import { day } from "../format.ts";
import { sayRoles } from "../roles.ts";
import { form, labelled, RolesField } from "./fields.ts";
import type { InviteForm } from "./invite.ts";
import type { PeopleActions } from "./people.ts";

const STATES: Readonly<Record<Person["state"], string>> = {
  active: "Active",
  replaced: "Has new keys; the old ones are destroyed",
  replaced_lost: "Has new keys; somebody else may have the old ones",
  left: "Removed: left",
  lost: "Removed: keys lost",
  compromised: "Removed: keys in other hands",
  other: "Removed",
};

export function personItem(person: Person, admin: boolean, actions: PeopleActions, invite: InviteForm): HTMLElement {
  const { name, roles, words, state, since, own } = person;
  const parts = admin && state === "active" ? [removing(person, actions), changing(person, actions), renewing(person, invite)] : [];
  return h(
    "li",
    { "data-state": state },
    h("h3", {}, name, own ? h("span", { class: "own" }, " (you)") : undefined),
    h("p", { class: "hint" }, `${STATES[state]}, since ${day(since.slice(0, 10))}, as ${sayRoles(roles)}`),
    h("p", { class: "words" }, words),
    parts.length === 0 ? undefined : h("div", { class: "acts" }, ...parts),
  );
}

function removing({ name, identity, own }: Person, actions: PeopleActions): HTMLElement {
  const options = Object.entries(REASONS).map(([value, { choice }]) => h("option", { value }, choice));
  const reason = h("select", { id: uniqueId("reason") }, ...options);
  const send = (): void =>
    void actions.change({ change: "revoke", identity, reason: reason.value as Reason }, `${name} was removed.`);
  return unfolding(
    "Remove",
    name,
    form(
      send,
      h(
        "p",
        { class: "hint" },
        own
          ? "You remove yourself: you are signed out at once, and cannot come back without an invitation."
          : `${name} is signed out at once, and cannot sign in any more. What ${name} has opened before may have been kept.`,
      ),
      labelled("Why?", reason),
      h("div", { class: "row" }, h("button", { type: "submit", class: "danger" }, `Remove ${name}`)),
    ),
  );
}

function changing({ name, identity, roles }: Person, actions: PeopleActions): HTMLElement {
  const field = new RolesField(roles);
  const error = h("div", { role: "alert" });
  const send = (): void => {
    const wanted = field.read();
    fill(error, wanted === undefined ? h("p", { class: "error" }, WRONG_ROLES) : undefined);
    if (wanted === undefined) field.focus();
    else void actions.change({ change: "roles", identity, roles: wanted }, `${name} works as ${sayRoles(wanted)} now.`);
  };
  const submit = h("button", { type: "submit" }, `Change what ${name} may do`);
  return unfolding("Roles", name, form(send, field.element, error, h("div", { class: "row" }, submit)));
}

function renewing({ name, roles }: Person, invite: InviteForm): HTMLElement {
  const lead = h(
    "p",
    { class: "hint" },
    `For when ${name} has lost passphrase or device. ${name} gets a link, makes new keys, and waits here; the old keys end ` +
      "when you have compared the new words and signed.",
  );
  const start = button(`Invite ${name} to make new keys`, () => void invite.renew(name, roles));
  return unfolding("New keys", name, h("div", { class: "stack" }, lead, h("div", { class: "row" }, start)));
}

/** A part that is shown when it is asked for. */
function unfolding(word: string, name: string, content: HTMLElement): HTMLElement {
  const summary = h("summary", {}, word, h("span", { class: "visually-hidden" }, `: ${name}`));
  return h("details", {}, summary, content);
}

export const WRONG_ROLES = "Choose at least one role. A role’s name has small letters, digits, dots and hyphens, a letter first.";
