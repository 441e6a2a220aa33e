// Changes of the list of admins, in words.

import type { Change, Reason } from "./engine.ts";
import { sayRoles } from "./roles.ts";

/** Why somebody is removed; the first is what is said, the second what is chosen. */
export const REASONS: Readonly<Record<Reason, { readonly said: string; readonly choice: string }>> = {
  left: { said: "left", choice: "Has left, or does something else now" },
  lost: { said: "keys lost", choice: "Has lost passphrase or device" },
  compromised: { said: "keys in other hands", choice: "Somebody else may have passphrase or device" },
  other: { said: "another reason", choice: "Another reason" },
};

/** What a change does, as a sentence. */
export function sayChange({ change, name = "Somebody", roles = [], reason, threshold }: Change): string {
  switch (change) {
    case "add":
      return `${name} comes in, as ${sayRoles(roles)}.`;
    case "replace":
      return `${name} gets new keys; the old ones open nothing any more.`;
    case "revoke":
      return `${name} is removed (${reason === undefined ? "no reason" : REASONS[reason].said}).`;
    case "roles":
      return `${name} works as ${sayRoles(roles)} from then on.`;
    case "threshold":
      return threshold === 2 ? "Two admins must sign every later change." : "One admin is enough to sign a change.";
    case "audit-key":
      return "The record of openings is sealed to another key.";
  }
}
