// Looks for what was typed in bytes where it must not be, in every form in which it could have been written.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export interface Finding {
  /** What was found: never the value itself, but which and how. */
  readonly value: string;
  readonly form: string;
  readonly where: string;
}

/** A value to look for, by a name that may be printed. */
export type Secrets = Readonly<Record<string, string>>;

/** Reads every file below a folder, links not followed. */
export function filesBelow(folder: string): { readonly name: string; readonly bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const name = join(entry.parentPath, entry.name);
      return { name, bytes: readFileSync(name) };
    });
}

/** All forms in which one of the values stands in the bytes. */
export function findLeaks(secrets: Secrets, where: string, bytes: Buffer): Finding[] {
  const lower = lowered(bytes);
  return Object.entries(secrets).flatMap(([value, text]) => {
    const found = forms(text).filter(([form, needle]) => (CASELESS.has(form) ? lower : bytes).includes(needle));
    return [...new Set(found.map(([form]) => form))].map((form) => ({ value, form, where }));
  });
}

/** ASCII letters in lower case, every other byte as it is. */
function lowered(bytes: Buffer): Buffer {
  return bytes.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)) as Buffer;
}

/** Forms that are compared without regard to letter case; base64 is not one of them. */
const CASELESS: ReadonlySet<string> = new Set(["plain", "separated by hyphens", "hex", "URL-encoded", "form-encoded", "UTF-16"]);

/**
 * A value in plain, base64 (all three alignments, both alphabets), hexadecimal, URL-encoded and UTF-16, each with and
 * without separators, as typed and in lower case, which is how an e-mail address is normalised.
 */
function forms(text: string): [form: string, needle: Buffer][] {
  const bare = text.replaceAll(/[\s\-./()]/g, "");
  const spellings = new Set([text, bare, text.toLowerCase(), bare.toLowerCase()]);
  const found = [...spellings].flatMap((each) => [...encodings(each)]);
  if (/^\d{13,19}$/.test(bare)) found.push(["separated by hyphens", bare.replace(/(\d{4})(?=\d)/g, "$1-")]);
  return found.map(([form, needle]) => {
    const bytes = Buffer.from(needle, "latin1");
    return [form, CASELESS.has(form) ? lowered(bytes) : bytes];
  });
}

/** As text in which each character stands for a byte. */
function* encodings(text: string): Generator<[form: string, needle: string]> {
  const bytes = Buffer.from(text, "utf8");
  yield ["plain", bytes.toString("latin1")];
  yield ["hex", bytes.toString("hex")];
  yield ["URL-encoded", encodeURIComponent(text)];
  yield ["form-encoded", new URLSearchParams({ v: text }).toString().slice(2)];
  yield ["UTF-16", Buffer.from(text, "utf16le").toString("latin1")];
  for (const offset of [0, 1, 2]) {
    const core = base64At(bytes, offset);
    yield ["base64", core];
    yield ["base64url", core.replaceAll("+", "-").replaceAll("/", "_")];
  }
}

/** The base64 digits that depend on the value alone when it starts `offset` bytes into a group of three. */
function base64At(bytes: Buffer, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64").replaceAll("=", "");
  const from = Math.ceil((offset * 8) / 6);
  const to = Math.floor(((offset + bytes.length) * 8) / 6);
  return encoded.slice(from, to);
}
