// Changes of the list of admins, in words.

import type { Change, OldKeys, Reason } from "./engine.ts";
import { sayRoles } from "./roles.ts";

/** Why somebody is removed; the first is what is said, the second what is chosen. */
export const REASONS: Readonly<Record<Reason, { readonly said: string; readonly choice: string }>> = {
  left: { said: "left", choice: "Has left, or does something else now" },
  lost: { said: "keys lost", choice: "Has lost passphrase or device" },
  compromised: { said: "keys in other hands", choice: "Somebody else may have passphrase or device" },
  other: { said: "another reason", choice: "Another reason" },
};

/** Where the keys are that somebody gets new ones for; the first is what is chosen until somebody chooses. */
export const OLD_KEYS: Readonly<Record<OldKeys, { readonly said: string; readonly choice: string; readonly hint: string }>> = {
  lost: {
    said: "somebody else may have the old ones, so what they open is to be sealed anew",
    choice: "Somebody else may have the old keys",
    hint: "A device or a passphrase was lost, stolen or seen, or nobody knows. Another data key has to begin, and what the old keys open is sealed anew.",
  },
  forgotten: {
    said: "the old ones are destroyed, and open nothing any more",
    choice: "The old keys are destroyed: nobody has them",
    hint: "The passphrase is forgotten, written down nowhere, and no device is missing. Nothing is sealed anew.",
  },
};

/** What a change does, as a sentence. */
export function sayChange({ change, name = "Somebody", roles = [], reason, old_keys: old = "lost", threshold }: Change): string {
  switch (change) {
    case "add":
      return `${name} comes in, as ${sayRoles(roles)}.`;
    case "replace":
      return `${name} gets new keys; ${OLD_KEYS[old].said}.`;
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
