// Looks for what was typed in bytes where it must not be, in every form in which it could have been written. The forms are
// those of the thief page's search; leaks.spec.ts writes each of them by other means and has it found.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { Haystack, forms } from "../../../src/demo/thief/forms.ts";

export interface Finding {
  /** What was found: never the value itself, but which and how. */
  readonly value: string;
  readonly form: string;
  readonly where: string;
}

/** A value to look for, by a name that may be printed. */
export type Secrets = Readonly<Record<string, string>>;

/** What a compressed file says: nothing readable is found in the packed bytes, except by chance. */
function unpacked(name: string, bytes: Buffer): Buffer {
  if (name.endsWith(".br")) return brotliDecompressSync(bytes);
  return name.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

/** Reads every file below a folder, links not followed; compressed ones unpacked. */
export function filesBelow(folder: string): { readonly name: string; readonly bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const name = join(entry.parentPath, entry.name);
      return { name, bytes: unpacked(name, readFileSync(name)) };
    });
}

/** All forms in which one of the values stands in the bytes. */
export function findLeaks(secrets: Secrets, where: string, bytes: Buffer): Finding[] {
  const haystack = new Haystack(bytes);
  return Object.entries(secrets).flatMap(([value, text]) => {
    const found = forms(text).filter((form) => haystack.count(form) > 0);
    return [...new Set(found.map(({ form }) => form))].map((form) => ({ value, form, where }));
  });
}
