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

interface Vectors {
  readonly anchor: string;
  readonly manifest: string;
  readonly cases: readonly Case[];
}

function vectors(name: string): Vectors {
  return JSON.parse(repositoryFile(`tests/vectors/${name}`)) as Vectors;
}

export const { anchor, manifest, cases: timestamps } = vectors("timestamp-v1.json");
export const manifests = vectors("key-manifest-v1.json").cases;
export const parent = /^parent (\S+)$/m.exec(manifest)?.[1] ?? "";

const [first] = timestamps.filter(({ error }) => error === null);
assert(first);
/** A timestamp that is accepted, and when. */
export const good: Case = first;

/** What a browser checks for itself; the rest is checked by whoever signs and publishes. */
const CHECKED = ["bad_signature", "too_few_signatures", "wrong_site", "wrong_ingest", "rollback", "expired", "not_yet_valid"];

export function loadModule(name: string): void {
  initSync({ module: repositoryBytes(`target/assets/${name}`) });
}

export function begin(): void {
  start(anchor, parent);
}

/** Both steps, as the loader takes them; gives the code that is thrown, or an empty text. */
export async function verify(text: string, note: string, now: string): Promise<string> {
  const verdicts = await verdictsOn(ask(text, note, seconds(now)) as Uint8Array<ArrayBuffer>);
  return thrown(() => renew(text, note, verdicts, seconds(now)));
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

/** The code that was thrown, or an empty text. */
export function thrown(work: () => unknown): string {
  try {
    work();
    return "";
  } catch (error) {
    return String(error);
  }
}
