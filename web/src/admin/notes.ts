// What an admin is told from the sign-in on, until it is mended.

import { dueSentence } from "./due.ts";
import type { Session } from "./session.ts";

export const REFUSED_MANIFESTS =
  "The vault offered a key manifest that your site keys never signed. It is not used here. " +
  "Tell whoever runs the vault: either a file is damaged, or somebody tries to pass off a key.";

const REFUSED_GRANTS =
  "What the vault keeps for you of a data key was not made by an admin of the signed list. It is not used here. " +
  "Tell whoever runs the vault: either a row is damaged, or somebody tries to pass off a key.";

const NO_KEYS =
  "No data key is granted to you yet, so nothing opens. Another admin’s browser grants them at the next sign-in there; " +
  "when no other admin is left, open them on page Keys with the organisation’s recovery key.";

const NO_LOG =
  "Openings are not in a log yet that nobody can rewrite unnoticed: the vault alone records them. " +
  "Whoever holds the site keys begins the log with nightsafe keys audit.";

const NOT_CONFIRMED =
  "Ingest does not say now whether the list of admins is the current one. It is not older than the one that this browser saw last. " +
  "Grant nothing to anybody until it can be confirmed: sign in again in some minutes, and tell whoever runs ingest.";

const NEVER_CONFIRMED =
  "Nobody confirms that the list of admins is the current one: ingest does not say, and it was never confirmed to this browser before. " +
  "A vault that was broken into could show an old one, with people in it who have left. Do not rely on it, and grant nothing to anybody: " +
  "sign in again in some minutes, and tell whoever runs ingest.";

/** One text; empty when there is nothing. */
export function notesOf({ refusedManifests, refusedGrants, words, trust, keys, logs, holdsKeys }: Session): string {
  const waiting =
    words !== undefined &&
    "You have keys of your own now, which the site keys still have to sign in; until then everything works as before. " +
      `Whoever runs nightsafe roster begin compares these words with you: ${words}.`;
  const unsure = trust === "remembered" ? NOT_CONFIRMED : trust === "unconfirmed" && NEVER_CONFIRMED;
  const unlogged = words === undefined && !logs && NO_LOG;
  const notes = [
    refusedManifests > 0 && REFUSED_MANIFESTS,
    refusedGrants > 0 && REFUSED_GRANTS,
    !holdsKeys && NO_KEYS,
    unsure,
    waiting,
    unlogged,
    ...keys.due.map(dueSentence),
  ];
  return notes.filter((note) => note !== false).join(" ");
}

/** Why nothing is to be sealed anew now, if so. */
export function whyNotResealed({ trust, keys }: Session): string | undefined {
  if (trust !== "confirmed" && trust !== "remembered") return NEVER_CONFIRMED;
  return keys.due.some(({ code }) => code === "key_known_to_leaver") ? FIRST_THE_KEY : undefined;
}

const FIRST_THE_KEY = "First another data key has to take over, as said above: what is sealed now could be opened, too.";
