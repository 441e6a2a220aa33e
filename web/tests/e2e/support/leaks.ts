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

/** All places at which one of the values stands in the bytes. */
export function findLeaks(secrets: Secrets, where: string, bytes: Buffer): Finding[] {
  const lower = Buffer.from(bytes.toString("latin1").toLowerCase(), "latin1");
  return Object.entries(secrets).flatMap(([value, text]) =>
    [...forms(text)]
      .filter(([form, needle]) => (CASELESS.has(form) ? lower : bytes).includes(needle))
      .map(([form]) => ({ value, form, where })),
  );
}

/** Forms that are compared without regard to letter case. */
const CASELESS = new Set(["plain", "separators removed", "separated by hyphens", "hex", "hex, separators removed", "URL-encoded", "form-encoded"]);

/** A value in plain, base64 (all three alignments, both alphabets), hexadecimal and URL-encoded, with and without separators. */
function forms(text: string): Map<string, Buffer> {
  const bare = text.replaceAll(/[\s\-./()]/g, "");
  const result = new Map<string, Buffer>();
  const add = (form: string, needle: string): void => {
    if (needle.length >= 4) result.set(form, Buffer.from(CASELESS.has(form) ? needle.toLowerCase() : needle, "latin1"));
  };
  const utf8 = (each: string): string => Buffer.from(each, "utf8").toString("latin1");
  add("plain", utf8(text));
  add("separators removed", utf8(bare));
  if (/^\d{13,19}$/.test(bare)) add("separated by hyphens", bare.replace(/(\d{4})(?=\d)/g, "$1-"));
  add("hex", Buffer.from(text, "utf8").toString("hex"));
  add("hex, separators removed", Buffer.from(bare, "utf8").toString("hex"));
  add("URL-encoded", encodeURIComponent(text));
  add("form-encoded", new URLSearchParams({ v: text }).toString().slice(2));
  for (const [name, each] of [["", text], [", separators removed", bare]] as const) {
    for (const offset of [0, 1, 2]) {
      const core = base64At(Buffer.from(each, "utf8"), offset);
      add(`base64+${offset}${name}`, core);
      add(`base64url+${offset}${name}`, core.replaceAll("+", "-").replaceAll("/", "_"));
    }
  }
  add("UTF-16", Buffer.from(text, "utf16le").toString("latin1"));
  return result;
}

/** The base64 digits that depend on the value alone when it starts `offset` bytes into a group of three. */
function base64At(bytes: Buffer, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64").replaceAll("=", "");
  const from = Math.ceil((offset * 8) / 6);
  const to = Math.floor(((offset + bytes.length) * 8) / 6);
  return encoded.slice(from, to);
}
