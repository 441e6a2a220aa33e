// The shared vectors of signed notes, for both modules of the checkout.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, initSync, renew, start } from "#checkout-wasm";
import { verdictsOn } from "../../src/frame/ed25519.ts";
import { repositoryBytes, repositoryFile } from "../unit/repository.ts";

interface Case {
  readonly case: string;
  readonly error?: string | null;
  readonly note: string;
  readonly now: string;
}

/** What a manifest says of a data key, and bytes that are it or not. */
interface KeyFile {
  readonly case: string;
  readonly suite: string;
  readonly fingerprint: string;
  readonly name: string;
  readonly file: string;
  readonly accepted: boolean;
}

interface Vectors {
  readonly key_files: readonly KeyFile[];
  readonly anchor: string;
  readonly manifest: string;
  readonly cases: readonly Case[];
}

function vectors(name: string): Vectors {
  return JSON.parse(repositoryFile(`tests/vectors/${name}`)) as Vectors;
}

export const { anchor, manifest, cases: timestamps } = vectors("timestamp-v1.json");
const { cases, key_files } = vectors("key-manifest-v1.json");
export const manifests = cases;
export const parent = /^parent (\S+)$/m.exec(manifest)?.[1] ?? "";

const [first] = timestamps.filter(({ error }) => error === null);
assert(first);
/** A timestamp that is accepted, and when. */
export const good: Case = first;

/** The file of the active data key of `manifest`. */
export const key = keyFile("X25519");

export function keyFile(name: string): Buffer {
  return Buffer.from(key_files.find(({ case: each }) => each === name)?.file ?? "", "base64");
}

/** What a browser checks for itself; the rest is checked by whoever signs and publishes. */
const CHECKED = ["bad_signature", "too_few_signatures", "wrong_site", "wrong_ingest", "rollback", "expired", "not_yet_valid"];

/** Starts a module; gives its memory. */
export function loadModule(name: string): WebAssembly.Memory {
  return initSync({ module: repositoryBytes(`target/assets/${name}`) }).memory;
}

export function begin(): void {
  start(anchor, parent);
}

/** Both steps, as the loader takes them; gives what is wrong, or an empty text. */
export async function verify(text: string, note: string, now: string): Promise<string> {
  const { verdicts } = await asked(text, note, now);
  return renew(key, verdicts);
}

/** The first step: which file the module wants, and what WebCrypto says of the signatures. */
export async function asked(text: string, note: string, now: string): Promise<{ readonly file: string; readonly verdicts: Uint8Array }> {
  const answer = ask(text, note, seconds(now)) as Uint8Array<ArrayBuffer>;
  const name = 1 + (answer[0] ?? 0);
  const file = Buffer.from(answer.subarray(1, name)).toString();
  return { file, verdicts: await verdictsOn(answer.subarray(name)) };
}

/** Every vector has the outcome that it names. */
export function notesAreVerified(): void {
  for (const { case: name, error, note, now } of timestamps) {
    test(`timestamp: ${name}`, async () => {
      begin();
      assert.equal(await verify(manifest, note, now), error === null ? "" : `timestamp_${error}`);
    });
  }
  for (const { case: name, error, note, now } of manifests.filter(({ error }) => error && CHECKED.includes(error))) {
    test(`manifest: ${name}`, async () => {
      begin();
      assert.equal(await verify(note, good.note, now), `manifest_${error}`);
    });
  }
}

export function seconds(time: string): number {
  return Date.parse(time) / 1000;
}
