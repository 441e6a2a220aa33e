// What was changed on a deposit after the customer sent it, in sentences that a shopkeeper understands.

import type { Difference, SealedField } from "./engine.ts";
import { facetNoun, fieldNoun, isPlural } from "./words.ts";

/** `danger`: someone changed something, do not act on it. `notice`: something is not there, or not for this admin. */
export type Severity = "danger" | "notice";

export interface Explained {
  readonly severity: Severity;
  /** What happened. */
  readonly sentence: string;
  /** What to make of it. */
  readonly advice: string;
}

const ASK = "Do not act on it. Ask the customer another way, and tell whoever runs the vault.";

/** Explains one difference. `fields` gives the labels of kinds that the shop defined itself. */
export function explain(difference: Difference, fields: readonly SealedField[]): Explained {
  const field = fieldOf(difference, fields);
  const facet = facetNoun(difference.facet ?? "detail");
  const were = isPlural(difference.facet ?? "") ? "were" : "was";
  const replaced = `The ${field} stored for this order was replaced after the customer sent it`;
  switch (difference.code) {
    case "locator_unreadable":
      return danger(
        "The sealed list of what the customer sent does not open, so this deposit cannot be checked.",
        "It was exchanged, damaged, or sealed with other instructions. Do not act on what is shown here.",
      );
    case "manifest_unpublished":
      return danger(
        "This deposit was sealed with instructions that your site keys never signed.",
        "Someone may have sent the customer’s browser a key of their own. " +
          "Do not trust the values, and tell whoever runs the vault today.",
      );
    case "key_unknown":
      return notice(
        "This deposit was sealed for a key that you do not hold, so it cannot be checked.",
        "A key that began after you signed in is there when you sign out and in again. " +
          "If that does not help, ask whoever runs the vault whether the key still exists.",
      );
    case "site_edited":
      return danger("This deposit was made for another shop and moved here afterwards.", ASK);
    case "reference_edited":
      return danger(
        "The order reference was changed after the customer sent it: these fields belong to another order.",
        ASK,
      );
    case "facet_edited":
      return danger(`The ${facet} shown for this order ${were} changed after the customer sent it.`, ASK);
    case "facet_mismatch":
      return danger(`The ${facet} shown for this order ${were} never right: the opened ${field} says otherwise.`, ASK);
    case "field_replaced":
      return danger(`${replaced}.`, ASK);
    case "field_resealed":
      return danger(`${replaced}: somebody else sealed one in its place.`, ASK);
    case "field_exchanged":
      return danger(`${replaced}, by one from elsewhere or by a damaged one.`, ASK);
    case "field_added":
      return notice(
        `A second ${field} was put beside the one that the customer sent.`,
        "The customer’s own is still there, and only that one is ever shown. Tell whoever runs the vault.",
      );
    case "field_unreadable":
      return danger(
        `The ${field} is the one that came with this order, but it does not open.`,
        "It was never sealed for this place. Ask the customer for it again.",
      );
    case "field_missing":
      return notice(
        `The ${field} that the customer sent is no longer in the vault.`,
        "It is deleted when its time is up. If this order is recent, tell whoever runs the vault.",
      );
    default:
      return danger("Something about this deposit is not as the customer sent it.", ASK);
  }
}

/**
 * All differences seen so far: evidence once seen stays on the page. Opening a field says more exactly how it was
 * replaced than checking it did, and takes that one's place.
 */
export function merged(seen: readonly Difference[], found: readonly Difference[]): readonly Difference[] {
  const all = new Map([...seen, ...found].map((difference) => [identity(difference), difference]));
  for (const difference of all.values()) {
    if (EXACT.has(difference.code)) all.delete(identity({ ...difference, code: "field_replaced" }));
  }
  return [...all.values()];
}

const EXACT: ReadonlySet<string> = new Set(["field_resealed", "field_exchanged"]);

/** What is wrong with one field itself, if anything. */
export function ofField(differences: readonly Difference[], field: SealedField): Difference | undefined {
  return differences.find(
    ({ code, kind, index }) => code.startsWith("field_") && kind === field.kind && index === field.index,
  );
}

/** Whether asking the vault for this field can give anything at all. */
export function canOpen(difference: Difference | undefined): boolean {
  return difference?.code !== "field_missing";
}

function fieldOf({ kind, index = 0 }: Difference, fields: readonly SealedField[]): string {
  if (kind === undefined) return "field";
  return fieldNoun(kind, index, fields.find((field) => field.kind === kind)?.labels);
}

function identity({ code, kind = "", index = -1, facet = "" }: Difference): string {
  return [code, kind, index, facet].join(" ");
}

function danger(sentence: string, advice: string): Explained {
  return { severity: "danger", sentence, advice };
}

function notice(sentence: string, advice: string): Explained {
  return { severity: "notice", sentence, advice };
}
