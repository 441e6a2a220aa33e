// The published folder as somebody with the server would change it, and put back afterwards.

import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import type { Demo } from "./demo.ts";

/** Names of the files that the shop's pinned tag leads to. */
export interface Pinned {
  readonly element: string;
  readonly frame: string;
  readonly loader: string;
  readonly wasm: string;
  /** For browsers whose WebCrypto has no Ed25519. */
  readonly wasm_portable: string;
}

interface File {
  readonly file: string;
  readonly integrity: string;
}

/** `texts`: the frame's, by language, besides English. `integrity_keys`: what pins list behind the hash. */
type Release = Readonly<Record<keyof Pinned, File>> & {
  readonly texts: Readonly<Record<string, File>>;
  readonly integrity_keys: readonly string[];
};

/** The release that the shop pins, which need not be the newest one. */
export async function releaseOf(demo: Demo): Promise<Release> {
  const page = await (await fetch(`${demo.at.shop}/checkout`)).text();
  const { fields, earlier } = JSON.parse(demo.read("site", "release.json")) as { fields: Release; earlier: Release[] };
  const found = [fields, ...earlier].find(({ element }) => page.includes(`/${element.file}"`));
  if (found === undefined) throw new Error("the shop pins an element script that was never published");
  return found;
}

export async function pinned(demo: Demo): Promise<Pinned> {
  const { element, frame, loader, wasm, wasm_portable } = await releaseOf(demo);
  return { element: element.file, frame: frame.file, loader: loader.file, wasm: wasm.file, wasm_portable: wasm_portable.file };
}

/** Changes files; remembers what they were, their times included, because servers tell changes by those. */
export class Tampering {
  readonly #kept = new Map<string, { readonly bytes: Buffer; readonly at: Date }>();

  /** Gives the file other content. */
  text(path: string, alter: (text: string) => string): void {
    this.bytes(path, (bytes) => Buffer.from(alter(bytes.toString("utf8")), "utf8"));
  }

  bytes(path: string, alter: (bytes: Buffer) => Buffer): void {
    const before = this.#keep(path);
    const after = alter(Buffer.from(before));
    if (after.equals(before)) throw new Error("the tampering changed nothing");
    writeFileSync(path, after);
  }

  remove(path: string): void {
    this.#keep(path);
    rmSync(path);
  }

  /** Everything as it was. */
  undo(): void {
    for (const [path, { bytes, at }] of this.#kept) {
      writeFileSync(path, bytes);
      utimesSync(path, at, at);
    }
    this.#kept.clear();
  }

  #keep(path: string): Buffer {
    const bytes = readFileSync(path);
    if (!this.#kept.has(path)) this.#kept.set(path, { bytes, at: statSync(path).mtime });
    return bytes;
  }
}

/** One bit in the middle. */
export function flipBit(bytes: Buffer): Buffer {
  const offset = Math.floor(bytes.length / 2);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  return bytes;
}
