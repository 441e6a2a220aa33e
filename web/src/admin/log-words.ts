// What an entry of the audit log says, as a shopkeeper says it.

import type { Person } from "./engine.ts";
import type { Logged } from "./log-pages.ts";
import { facetNoun, fieldNoun } from "./words.ts";

/** What can be looked for, in the order in which it is offered. */
export const ACTION_WORDS: Readonly<Record<string, string>> = {
  open: "Opening",
  reseal: "Sealing anew",
  search: "Searching",
  list: "Looking through deposits",
  "sign-in": "Signing in",
  "sign-in-failed": "Failed sign-ins",
  "sign-out": "Signing out",
  grant: "Granting a key",
  "roster-change": "Changing the list of admins",
  "passphrase-change": "New passphrase",
  "passkey-change": "Passkeys",
  revoke: "Removing somebody",
  recovery: "Regaining access",
  "key-change": "Data keys",
  "policy-change": "Key manifest",
  export: "Exporting",
};

/** Why an entry is not believed, by the codes of docs/spec/audit-entry.md. */
const PROBLEMS: ReadonlyMap<string, string> = new Map([
  ["unsigned", "It is not signed by the person that it names."],
  ["unknown_signer", "It names somebody who was never on the signed list of admins."],
  ["not_in_log", "It is not what the log holds in its place."],
  ["other_commitment", "What was kept is another entry than the log holds."],
  ["open_failed", "What was kept does not open: it was exchanged, or damaged."],
  ["other_site", "It is an entry of another site."],
]);

export function who({ by }: Logged, people: readonly Person[]): string {
  if (by === undefined) return "The vault";
  return nameOf(by, people);
}

/** The whole entry in one sentence, without who and when. */
export function what(entry: Logged, people: readonly Person[]): string {
  if (entry.erased === true) return "No entry is kept here any more. Its place in the log is still proven.";
  if (entry.problem !== undefined) {
    const reason = PROBLEMS.get(entry.problem) ?? "It is not in the form of an entry.";
    return `Do not believe this entry. ${reason} Tell the other admins, and whoever runs the vault.`;
  }
  const identity = entry.identity === undefined ? undefined : nameOf(entry.identity, people);
  switch (entry.action) {
    case undefined:
      return "Sealed to a key that was not granted to you.";
    case "open":
      return `Opened ${(entry.fields ?? []).map(({ kind, index }) => fieldNoun(kind, index)).join(", ")}`;
    case "reseal":
      return `Sealed anew, for somebody who has left: ${(entry.fields ?? []).map(({ kind, index }) => fieldNoun(kind, index)).join(", ")}`;
    case "search":
      return `Searched by ${(entry.criteria ?? []).map(criterion).join(", ")}`;
    case "list":
      return "Looked through the latest deposits";
    case "sign-in":
      return "Signed in";
    case "sign-in-failed":
      return identity === undefined ? "Somebody failed to sign in, with a name that nobody has" : `Somebody failed to sign in as ${identity}`;
    case "sign-out":
      return "Signed out";
    case "passphrase-change":
      return "Chose a new passphrase";
    case "passkey-change":
      return entry.added === true ? "Added a passkey" : "Removed a passkey";
    case "grant":
      return `Granted a key to ${identity ?? ""}`;
    case "roster-change":
      return "Signed a change of the list of admins";
    case "revoke":
      return `Removed ${identity ?? ""}`;
    case "recovery":
      return `Regained access for ${identity ?? ""}`;
    case "key-change":
      return ofKey(entry.data_key?.slice(0, 8) ?? "", entry.state);
    case "policy-change":
      return "Published a key manifest";
    case "export":
      return "Wrote opened records to a file";
    default:
      return entry.action;
  }
}

/** What came of a data key, by the names of docs/spec/audit-entry.md. */
function ofKey(key: string, state: string | undefined): string {
  switch (state) {
    case "pending":
      return `Data key ${key} was signed ahead`;
    case "active":
      return `Data key ${key} began to seal`;
    case "retiring":
      return `Data key ${key} ended; pages that are open may still seal to it`;
    case "retired":
      return `Data key ${key} seals nothing any more`;
    case "purged":
      return `Data key ${key} was destroyed: nothing was left that it opens`;
    default:
      return `Data key ${key} came into another state`;
  }
}

function criterion(name: string): string {
  if (name === "reference") return "order reference";
  return name === "day" ? "day" : facetNoun(name);
}

function nameOf(identity: string, people: readonly Person[]): string {
  const person = people.find((one) => one.identity === identity);
  if (person === undefined) return "somebody who is not on the list of admins";
  return person.own ? `${person.name} (you)` : person.name;
}
