// «Is what I typed in there?»: one text, in every form that software gives it, in everything the thief has.

import { offsets } from "./dump.ts";

export interface Place {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface Hit {
  readonly place: string;
  readonly form: string;
  readonly count: number;
}

/** Shorter texts are found by chance. */
export const SHORTEST = 3;

/** All places and forms in which the text occurs. */
export function search(text: string, places: readonly Place[]): Hit[] {
  return places.flatMap(({ name, bytes }) =>
    forms(text).flatMap(({ form, needle }): Hit[] => {
      const count = offsets(bytes, needle).length;
      return count > 0 ? [{ place: name, form, count }] : [];
    }),
  );
}

interface Form {
  readonly form: string;
  readonly needle: Buffer;
}

function forms(text: string): Form[] {
  const bare = text.replace(/[\s./-]/g, "");
  const found = new Map<string, Form>();
  const add = (form: string, needle: Buffer): void => {
    const key = needle.toString("hex");
    if (needle.length >= SHORTEST && !found.has(key)) found.set(key, { form, needle });
  };
  for (const [variant, suffix] of [[text, ""], [bare, ", without separators"], [grouped(bare), ", in groups of four"]] as const) {
    const bytes = Buffer.from(variant);
    add(`as typed${suffix}`, bytes);
    add(`URL-encoded${suffix}`, Buffer.from(encodeURIComponent(variant)));
    add(`form-encoded${suffix}`, Buffer.from(new URLSearchParams({ x: variant }).toString().slice(2)));
    add(`hex${suffix}`, Buffer.from(bytes.toString("hex")));
    add(`hex, upper case${suffix}`, Buffer.from(bytes.toString("hex").toUpperCase()));
    add(`UTF-16${suffix}`, Buffer.from(variant, "utf16le"));
    for (const needle of base64Forms(bytes)) add(`base64${suffix}`, needle);
  }
  return [...found.values()];
}

function grouped(digits: string): string {
  return /^\d{12,19}$/.test(digits) ? digits.replace(/(.{4})(?=.)/g, "$1 ") : digits;
}

/** The characters that the text alone decides, at each of the three positions it can have in a longer base64 text. */
function base64Forms(bytes: Buffer): Buffer[] {
  return [0, 1, 2].flatMap((shift) => {
    const bits = (shift + bytes.length) * 8;
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    const certain = encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(bits / 6));
    const least = Math.ceil(SHORTEST * 1.5);
    return certain.length < least ? [] : [certain, certain.replace(/\+/g, "-").replace(/\//g, "_")].map((text) => Buffer.from(text));
  });
}
