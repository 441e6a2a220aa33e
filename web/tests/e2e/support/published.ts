// The published folder as somebody with the server would change it, and put back afterwards.

import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
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

/** An origin whose files lie in a folder. */
export type Place = "fields" | "admin";

/** Path, or `*` for every answer, to header names and values. */
type Headers = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Nothing that holds anybody, and nothing that a browser keeps. */
export const BARE: Headers = { "*": { "Cache-Control": "no-store" } };

/** What the server of an origin sends with its files. */
export function headersOf(demo: Demo, place: Place): Headers {
  return JSON.parse(demo.read("site", `${place}-headers.json`)) as Headers;
}

/** All headers of one answer, as a rule of its own. */
export function ownHeaders(headers: Headers, path: string): Headers {
  return { [path]: { ...headers["*"], ...headers[path] } };
}

/** Changes files; remembers what they were, their times included, because servers tell changes by those. */
export class Tampering {
  /** Nothing where there was no file. */
  readonly #kept = new Map<string, { readonly bytes: Buffer; readonly at: Date } | undefined>();

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

  /** A file where there is none. */
  add(path: string, text: string): void {
    if (existsSync(path)) throw new Error(`${path} is there already`);
    this.#kept.set(path, undefined);
    writeFileSync(path, text);
  }

  /** The server of an origin sends these headers from now on, and no others. */
  headers(demo: Demo, place: Place, headers: Headers): void {
    const path = demo.path("site", `${place}-headers.json`);
    this.#keep(path);
    writeFileSync(path, JSON.stringify(headers));
  }

  /** Everything as it was. */
  undo(): void {
    for (const path of [...this.#kept.keys()]) this.undoOf(path);
  }

  /** One file as it was. */
  undoOf(path: string): void {
    const kept = this.#kept.get(path);
    this.#kept.delete(path);
    if (kept === undefined) return rmSync(path);
    writeFileSync(path, kept.bytes);
    utimesSync(path, kept.at, kept.at);
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
