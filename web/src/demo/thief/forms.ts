// Every form that software gives a text: as bytes to look for. The thief page and the tests search by the same ones.

import { offsets } from "./dump.ts";

/** Shorter texts are found by chance. */
export const SHORTEST = 3;

export interface Form {
  /** What to call it; never the text itself */
  readonly form: string;
  readonly needle: Buffer;
  /** Compared without regard to ASCII letter case; the needle is in lower case. */
  readonly caseless: boolean;
}

/** Bytes to look in. */
export class Haystack {
  readonly #bytes: Buffer;
  #lower: Buffer | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  count({ needle, caseless }: Form): number {
    return offsets(caseless ? (this.#lower ??= lowered(this.#bytes)) : this.#bytes, needle).length;
  }
}

/** All forms of a text: as typed, without separators, and, for a card number, in groups; each encoded in every way. */
export function forms(text: string): Form[] {
  const bare = text.replace(/[\s./()-]/g, "");
  const digits = /^\d{12,19}$/.test(bare);
  const grouped = (separator: string): string => (digits ? bare.replace(/(\d{4})(?=\d)/g, `$1${separator}`) : bare);
  return distinct(
    [
      [text, ""],
      [bare, ", without separators"],
      [grouped(" "), ", in groups of four"],
      [grouped("-"), ", with hyphens"],
    ].flatMap(([spelling = "", suffix = ""]) => encodings(spelling).map((each) => ({ ...each, form: each.form + suffix }))),
  );
}

/** One spelling of a text: as it is, URL- and form-encoded, in hexadecimal, UTF-16 and base64. */
export function encodings(text: string): Form[] {
  const bytes = Buffer.from(text);
  const caseless = (form: string, needle: string | Buffer): Form => ({ form, needle: lowered(Buffer.from(needle as string)), caseless: true });
  const found = [
    caseless("as typed", text),
    caseless("URL-encoded", encodeURIComponent(text)),
    caseless("form-encoded", new URLSearchParams({ x: text }).toString().slice(2)),
    caseless("hex", bytes.toString("hex")),
    caseless("UTF-16", Buffer.from(text, "utf16le")),
    // Base64 keeps letter case, so for each the case has to be guessed: as typed, or as an address is normalised
    ...[text, text.toLowerCase()].flatMap((each) => base64Forms(Buffer.from(each))),
  ];
  return distinct(found.filter(({ needle }) => needle.length >= SHORTEST));
}

function distinct(forms: readonly Form[]): Form[] {
  const seen = new Map<string, Form>();
  for (const each of forms) {
    const key = `${each.caseless} ${each.needle.toString("hex")}`;
    if (!seen.has(key)) seen.set(key, each);
  }
  return [...seen.values()];
}

/** The characters that the text alone decides, at each of the three positions it can have in a longer base64 text. */
function base64Forms(bytes: Buffer): Form[] {
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    const certain = encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
    if (certain.length < Math.ceil(SHORTEST * 1.5)) return [];
    const alphabets = [certain, certain.replaceAll("+", "-").replaceAll("/", "_")];
    return alphabets.map((needle) => ({ form: "base64", needle: Buffer.from(needle), caseless: false }));
  });
}

/** ASCII letters in lower case, every other byte as it is. */
function lowered(bytes: Buffer): Buffer {
  return bytes.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)) as Buffer;
}
