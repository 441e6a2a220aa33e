// One bit of the served WASM changed on disk, as somebody with the fields server would, and put back.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface WasmState {
  readonly file: string;
  /** Which byte the button changes */
  readonly offset: number;
  readonly byte: number;
  /** Whether the file still is what its name says */
  readonly genuine: boolean;
}

/** The file that the current frame loads. */
export function wasmState(data: string): WasmState {
  const { file, bytes } = read(data);
  const offset = offsetIn(bytes);
  return { file, offset, byte: bytes[offset] ?? 0, genuine: isGenuine(file, bytes) };
}

/** Changes the byte, or changes it back: the same step does both. */
export function flip(data: string): void {
  const { path, bytes } = read(data);
  const offset = offsetIn(bytes);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

function read(data: string): { file: string; path: string; bytes: Buffer } {
  const release = JSON.parse(readFileSync(join(data, "site/release.json"), "utf8")) as { fields: { wasm: { file: string } } };
  const { file } = release.fields.wasm;
  const path = join(data, "site/fields", file);
  return { file, path, bytes: readFileSync(path) };
}

/** Somewhere in the middle of the code. */
function offsetIn(bytes: Buffer): number {
  return Math.floor(bytes.length / 2);
}

/** A published file's name ends with the first 16 hex digits of its SHA-384. */
function isGenuine(file: string, bytes: Buffer): boolean {
  return file.includes(createHash("sha384").update(bytes).digest("hex").slice(0, 16));
}
