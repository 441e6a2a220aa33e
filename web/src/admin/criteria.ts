// The search form: what was typed becomes a request, or a sentence beside the input.

import type { SearchRequest } from "./wire.ts";

export const CRITERIA = ["reference", "brand", "last4", "postal_code", "day"] as const;
export type Criterion = (typeof CRITERIA)[number];

export type Typed = Readonly<Record<Criterion, string>>;

/** Found deposits on one page. */
export const PAGE_SIZE = 50;

export type Criteria =
  | { readonly ok: true; readonly request: SearchRequest; readonly empty: boolean }
  | { readonly ok: false; readonly errors: ReadonlyMap<Criterion, string> };

const RULES: Readonly<Record<Criterion, { readonly pattern: RegExp; readonly error: string }>> = {
  reference: {
    pattern: /^[A-Za-z0-9._/#:-]{1,64}$/,
    error: "A reference has up to 64 letters, digits and . _ / # : -",
  },
  brand: { pattern: /^[a-z]{1,20}$/, error: "Choose a brand from the list." },
  last4: { pattern: /^\d{4}$/, error: "Type exactly four digits." },
  postal_code: { pattern: /^[A-Z0-9 -]{1,10}$/, error: "A postal code has up to 10 letters and digits." },
  day: { pattern: /^\d{4}-\d{2}-\d{2}$/, error: "Choose a day." },
};

/** Checks what was typed. All empty means: the newest deposits. */
export function criteria(typed: Typed): Criteria {
  const request: Partial<Record<Criterion, string>> = {};
  const errors = new Map<Criterion, string>();
  for (const name of CRITERIA) {
    const value = tidy(name, typed[name]);
    if (value === "") continue;
    if (isCardNumber(value)) errors.set(name, "This looks like a whole card number. Search by its last four digits.");
    else if (RULES[name].pattern.test(value)) request[name] = value;
    else errors.set(name, RULES[name].error);
  }
  if (errors.size > 0) return { ok: false, errors };
  const empty = Object.keys(request).length === 0;
  return { ok: true, request: { ...request, limit: PAGE_SIZE }, empty };
}

function tidy(name: Criterion, value: string): string {
  const trimmed = value.trim();
  return name === "postal_code" ? trimmed.toUpperCase() : trimmed;
}

// Prefixes and lengths that are a card's beyond doubt: no reference of this form ever gets into the vault.
const CARDS = /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|3[47]\d{13}|6011\d{12})$/;

/** A whole card number, pasted into the wrong place: it must not reach the vault. */
function isCardNumber(value: string): boolean {
  const digits = value.replaceAll(/[ ._/#:-]/g, "");
  return CARDS.test(digits) && passesLuhn(digits);
}

function passesLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const value = Number(digit) * (place % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
