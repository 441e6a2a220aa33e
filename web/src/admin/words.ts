// Names of things, as a shopkeeper says them. Kinds that a shop defined itself carry their own labels.

import type { Purpose } from "./wire.ts";

export const PURPOSE_WORDS: Readonly<Record<Purpose, string>> = {
  charge: "Charge the card",
  debit: "Debit the bank account",
  ship: "Ship the order",
  contact: "Contact the customer",
  refund: "Give money back",
  dispute: "Answer a dispute",
};

export const BRAND_WORDS: ReadonlyMap<string, string> = new Map([
  ["visa", "Visa"],
  ["mastercard", "Mastercard"],
  ["amex", "American Express"],
  ["discover", "Discover"],
  ["diners", "Diners Club"],
  ["jcb", "JCB"],
  ["unionpay", "UnionPay"],
  ["maestro", "Maestro"],
  ["other", "Other card"],
]);

const KIND_NOUNS: ReadonlyMap<string, string> = new Map([
  ["card", "card"],
  ["bank", "bank account"],
  ["person.name", "name"],
  ["address", "address"],
  ["phone", "phone number"],
  ["email", "email address"],
  ["ssn", "social security number"],
  ["text", "text"],
  ["credential", "sign-in details"],
]);

const FACET_NOUNS: ReadonlyMap<string, string> = new Map([
  ["brand", "card brand"],
  ["last4", "last four digits"],
  ["expiry", "expiry date"],
  ["postal_code", "postal code"],
  ["country", "country"],
  ["street_number", "street number"],
  ["area_code", "area code"],
  ["email", "email address"],
]);

const PART_WORDS: ReadonlyMap<string, string> = new Map([
  ["number", "Number"],
  ["expiry", "Expires"],
  ["holder", "Name on card"],
  ["iban", "IBAN"],
  ["account", "Account number"],
  ["routing", "Routing number"],
  ["line1", "Street"],
  ["line2", "Address line 2"],
  ["postal_code", "Postal code"],
  ["city", "City"],
  ["region", "Region"],
  ["country", "Country"],
]);

const ORDINALS = ["", "second ", "third ", "fourth ", "fifth "];

/** Labels of a kind by language, from the signed manifest. */
export type Labels = Readonly<Record<string, string>>;

/** A field inside a sentence: "phone number", "second phone number", "“Gift message”". */
export function fieldNoun(kind: string, index: number, labels: Labels = {}): string {
  const own = KIND_NOUNS.get(kind) ?? `“${pickLabel(labels) ?? kind}”`;
  const ordinal = ORDINALS[index];
  return ordinal === undefined ? `${own} no. ${index + 1}` : `${ordinal}${own}`;
}

/** A field as a heading: the manifest's label in the reader's language where there is one. */
export function fieldTitle(kind: string, index: number, labels: Labels = {}, languages?: readonly string[]): string {
  const title = pickLabel(labels, languages) ?? capital(KIND_NOUNS.get(kind) ?? kind);
  return index === 0 ? title : `${title} ${index + 1}`;
}

export function facetNoun(facet: string): string {
  return FACET_NOUNS.get(facet) ?? facet.replaceAll("_", " ");
}

/** Plural nouns take "were" and "do". */
export function isPlural(facet: string): boolean {
  return facet === "last4";
}

export function partTitle(kind: string, part: string): string {
  if (part === "value") return capital(KIND_NOUNS.get(kind) ?? "value");
  return PART_WORDS.get(part) ?? capital(part.replaceAll("_", " "));
}

export function purposeTitle(purpose: string): string {
  return (PURPOSE_WORDS as Readonly<Record<string, string | undefined>>)[purpose] ?? purpose;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The label whose language fits best; languages are BCP 47 tags, the most wanted first. */
function pickLabel(labels: Labels, languages: readonly string[] = ["en"]): string | undefined {
  const found = new Map(Object.entries(labels).map(([tag, label]) => [tag.toLowerCase(), label]));
  for (const language of [...languages, "en"]) {
    const tag = language.toLowerCase();
    const label = found.get(tag) ?? found.get(tag.split("-")[0] ?? tag);
    if (label !== undefined) return label;
  }
  return found.values().next().value;
}
