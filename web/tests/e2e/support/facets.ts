// What stays readable on purpose, for the few places where it may, looked for in all others.
//
// Most of it is so short that it turns up by chance: a country, four digits. Such a text is looked for where it stands as
// a value (in quotes, in a form, between tags), and in every encoding together with its name.

import { Haystack, encodings, type Form } from "../../../src/demo/thief/forms.ts";
import type { Typed } from "./checkout.ts";
import type { Finding } from "./leaks.ts";

interface Facet {
  /** As deposits, databases and the vault's answers have it */
  readonly stored: string;
  /** Every way to write it, that one included */
  readonly spellings: readonly string[];
  /** What software calls it */
  readonly names: readonly string[];
}

export type Facets = Readonly<Record<string, Facet>>;

/** Of a card, and of an address when there is one. The brand is no part of it: nobody types it. */
export function facetsOf({ number, expiry, postal, country }: Typed, countryName: string): Facets {
  const [month = "", year = ""] = expiry.split(" / ");
  const last4 = number.slice(-4);
  return {
    "last four": { stored: last4, spellings: [last4], names: ["last4", "last_four", "lastFour", "number", "card"] },
    expiry: {
      stored: `20${year}-${month}`,
      spellings: ["/", " / ", "-", ".", ""].flatMap((between) => [
        ...[month, String(Number(month))].flatMap((each) => [`${each}${between}${year}`, `${each}${between}20${year}`]),
        `20${year}${between}${month}`,
        `${year}${between}${month}`,
      ]),
      names: ["expiry", "exp", "expires", "card.expiry", "cc-exp"],
    },
    "postal code": {
      stored: postal,
      spellings: [postal, postal.replaceAll(" ", "")],
      names: ["postal_code", "postal", "zip", "address.postal_code"],
    },
    country: { stored: country, spellings: [country, countryName], names: ["country", "address.country"] },
  };
}

/** Where the bytes hold a facet. `due`: they may, as it is stored, and in no other spelling. */
export function findFacets(facets: Facets, where: string, bytes: Buffer, due = false): Finding[] {
  const haystack = new Haystack(bytes);
  const text = bytes.toString("latin1");
  return Object.entries(facets).flatMap(([value, { stored, spellings, names }]) =>
    spellings
      .filter((spelling) => !(due && spelling === stored))
      .flatMap((spelling): Finding[] => {
        const forms = telling(spelling) ? encodings(spelling) : names.flatMap((name) => named(name, spelling));
        const form = forms.find((each) => haystack.count(each) > 0)?.form ?? (asValue(spelling).test(text) ? "as a value" : undefined);
        return form === undefined ? [] : [{ value, form, where }];
      }),
  );
}

/** Whether it hardly stands anywhere by chance: not like a piece of a time, a hash or an id. */
function telling(text: string): boolean {
  return text.length >= 5 && !/^[0-9a-f.-]{1,6}$/i.test(text);
}

function named(name: string, value: string): Form[] {
  return [`"${name}":"${value}"`, `"${name}":${value}`, `"${name}": "${value}"`, `${name}=${value}`, `${name}: ${value}`].flatMap(encodings);
}

function asValue(text: string): RegExp {
  return new RegExp(`(?:^|["'>=])${text.replaceAll(".", "\\.")}(?:$|["'<&;\\\\\\s])`, "i");
}
