// What is due with keys and manifest, in the words of those who have to see to it.

import type { Due } from "./engine.ts";
import { day } from "./format.ts";

const CEREMONY =
  "Whoever runs the vault starts with “nightsafe keys propose”; whoever holds the site keys signs the file, and it is published.";

/** One sentence or two: what there is, and what to do. */
export function dueSentence({ code, days, at }: Due): string {
  const date = at === undefined ? "" : day(at.slice(0, 10));
  switch (code) {
    case "manifest_ends":
      return `In less than ${days === 1 ? "a day" : `${days ?? 0} days`}, on ${date}, the key manifest ends and the payment form stops. ${CEREMONY}`;
    case "manifest_ended":
      return `The key manifest ended on ${date}: the payment form has stopped. ${CEREMONY}`;
    case "key_known_to_leaver":
      return `Somebody who has left can open what is sealed now, with a copy of the vault. ${CEREMONY} That discards what he was granted, and another key takes over at once.`;
    case "key_overdue":
      return `The same data key has been in use for ${days ?? 0} days; it should be 90 at most. ${CEREMONY}`;
    case "no_next_key":
      return `No data key is ready to take over on ${date}. ${CEREMONY}`;
    default:
      return `Something is due with the keys (${code}). ${CEREMONY}`;
  }
}
