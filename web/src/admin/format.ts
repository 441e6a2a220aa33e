// Values as people read them. What is copied is always the value itself, never the formatted text.

import { BRAND_WORDS } from "./words.ts";

const LOCALE = "en";

/** How a part of an opened value is shown. */
export function shownPart(kind: string, part: string, value: string): string {
  if (kind === "card" && part === "number") return cardNumber(value);
  if (kind === "card" && part === "expiry") return month(value);
  if (part === "iban") return grouped(value, 4);
  if (part === "country") return country(value);
  return value;
}

/** 4-4-4-4, or 4-6-5 for the 15 digits of American Express and 4-6-4 for the 14 of Diners Club. */
export function cardNumber(value: string): string {
  if (!/^\d+$/.test(value)) return value;
  const odd = value.length === 15 || value.length === 14;
  return odd ? [value.slice(0, 4), value.slice(4, 10), value.slice(10)].join(" ") : grouped(value, 4);
}

/** `2028-11` as `11 / 2028`, the way it stands on a card; anything else as it is. */
export function month(value: string): string {
  const [, year, number] = /^(\d{4})-(\d{2})$/.exec(value) ?? [];
  return year === undefined ? value : `${number} / ${year}`;
}

/** `2026-11-21` as `21 Nov 2026`. */
export function day(value: string): string {
  return calendar(value, { day: "numeric", month: "short", year: "numeric" });
}

/** `2026-11-21` as `Saturday 21 November 2026`. */
export function longDay(value: string): string {
  return calendar(value, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

/** An RFC 3339 time as date and time where the reader is. */
export function moment(value: string, timeZone?: string): string {
  const time = Date.parse(value);
  if (Number.isNaN(time)) return value;
  const zone = timeZone === undefined ? {} : { timeZone };
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", ...zone }).format(time);
}

/** `DE` as `Germany`. */
export function country(value: string): string {
  try {
    return new Intl.DisplayNames([LOCALE], { type: "region" }).of(value) ?? value;
  } catch {
    return value; // not a region code: shown as it came
  }
}

export function brand(value: string): string {
  return BRAND_WORDS.get(value) ?? value;
}

/** Brand and last four, or what there is of them. */
export function card(facets: ReadonlyMap<string, string>): string | undefined {
  const last4 = facets.get("last4");
  const named = facets.get("brand");
  if (last4 === undefined) return named === undefined ? undefined : brand(named);
  return `${named === undefined ? "Card" : brand(named)} •••• ${last4}`;
}

/** A facet's value, for the list of what is readable. */
export function facet(name: string, value: string): string {
  if (name === "brand") return brand(value);
  if (name === "expiry") return month(value);
  if (name === "country") return country(value);
  return value;
}

/** "ten minutes"; in words as far as pages offer them. */
export function lockTime(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  const words: Readonly<Record<number, string>> = { 1: "a minute", 5: "five minutes", 10: "ten minutes", 30: "thirty minutes" };
  return words[minutes] ?? `${minutes} minutes`;
}

/** "1 field", "2 fields". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function grouped(value: string, size: number): string {
  return value.match(new RegExp(`.{1,${size}}`, "g"))?.join(" ") ?? value;
}

function calendar(value: string, options: Intl.DateTimeFormatOptions): string {
  const time = Date.parse(`${value}T00:00:00Z`);
  if (Number.isNaN(time)) return value;
  return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }).format(time);
}
