// The checkout WASM as it is published, run in Node: the shared vectors of notes, and a deposit rebuilt from its JSON.
// Inputs of the DOM are left to the browser tests; what is sealed here is handed over as an inline value.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { before, test } from "node:test";
import { ask, put, renew, seal, start } from "#checkout-wasm";
import { cbor } from "../e2e/support/cbor.ts";
import {
  anchor, asked, begin, good, key, keyFile, loadModule, manifest, manifests, notesAreVerified, parent, seconds, thrown, verify,
} from "./notes.ts";

before(() => loadModule("checkout.wasm"));

notesAreVerified();

/** The first step with good notes; the module awaits the verdicts. */
function first(): ReturnType<typeof asked> {
  begin();
  return asked(manifest, good.note, good.now);
}

function renewed(verdicts: Uint8Array, { text = manifest, note = good.note, file = key } = {}): string {
  return thrown(() => renew(text, note, file, verdicts, seconds(good.now)));
}

test("the module asks for two site keys and the timestamp's key, and WebCrypto finds all three good", async () => {
  const { verdicts } = await first();
  assert.deepEqual([...verdicts], [1, 1, 1]);
  assert.equal(renewed(verdicts), "");
});

test("a verdict that is missing or not good is a wrong signature", async () => {
  for (const [verdicts, code] of [
    [[], "manifest_bad_signature"],
    [[1], "manifest_bad_signature"],
    [[0, 1, 1], "manifest_bad_signature"],
    [[1, 0, 1], "manifest_bad_signature"],
    [[2, 255, 1], "manifest_bad_signature"],
    [[1, 1], "timestamp_bad_signature"],
    [[1, 1, 0], "timestamp_bad_signature"],
  ] as const) {
    await first();
    assert.equal(renewed(Uint8Array.from(verdicts)), code, verdicts.join());
  }
});

test("verdicts are for the notes that were asked about, and count once", async () => {
  const lines = manifest.split("\n");
  const [one = "", two = ""] = lines.slice(-3);
  const swapped = [...lines.slice(0, -3), two, one, ""].join("\n");
  const { verdicts } = await first();
  assert.equal(renewed(verdicts, { text: manifest.replace("label en Card\n", "label en Cart\n") }), "manifest_bad_signature");
  assert.equal(renewed(verdicts), "manifest_bad_signature", "they were spent on the changed note");
  await first();
  assert.equal(renewed(verdicts, { text: swapped }), "manifest_bad_signature");
  await first();
  assert.equal(renewed(verdicts, { note: good.note.replace("\nuntil 2026-12-03", "\nuntil 2026-12-02") }), "timestamp_bad_signature");
  await first();
  assert.equal(renewed(verdicts), "");
  assert.equal(renewed(verdicts), "manifest_bad_signature");
});

test("nothing counts that was never asked", () => {
  begin();
  assert.equal(renewed(Uint8Array.of(1, 1, 1)), "manifest_bad_signature");
});

test("a signature that is not the key's is found by WebCrypto, not by the module", async () => {
  const forged = manifests.find(({ case: name }) => name === "changed after signing");
  assert(forged);
  begin();
  const { verdicts } = await asked(forged.note, good.note, good.now);
  assert.deepEqual([...verdicts].slice(0, 2), [0, 0]);
});

test("the first step lets nothing be sealed", () => {
  begin();
  ask(manifest, good.note, seconds(good.now));
  put("phone", 0, "+49 30 901820417");
  assert.equal(thrown(() => seal("ORDER-1", seconds(good.now))), "no_manifest");
});

test("a file that is not the active data key is refused", async () => {
  const { file, verdicts } = await first();
  assert.match(file, /^data-key-[0-9a-f]{32}$/);
  const wrong = ["another key", "X-Wing", "an empty file"].map(keyFile);
  for (const bytes of [...wrong, key.subarray(1), Buffer.concat([key, Buffer.alloc(1)]), Buffer.alloc(32)]) {
    await first();
    assert.equal(renewed(verdicts, { file: bytes }), "data_key_refused");
    put("phone", 0, "+49 30 901820417");
    assert.equal(thrown(() => seal("ORDER-1", seconds(good.now))), "no_manifest");
  }
});

test("of a manifest that cannot be used, no key is asked for", async () => {
  begin();
  const [head = ""] = manifest.split("parent ");
  assert.equal((await asked(head, good.note, good.now)).file, "");
  assert.equal((await asked(manifest, "", good.now)).file, "");
});

test("a page that the manifest does not name is refused", async () => {
  start(anchor, "https://elsewhere.example");
  assert.equal(await verify(manifest, good.note, good.now), "parent_not_allowed");
});

test("nothing is sealed before the manifest is verified", () => {
  start(anchor, parent);
  put("phone", 0, "+49 30 901820417");
  assert.equal(thrown(() => seal("ORDER-1", seconds(good.now))), "no_manifest");
});

test("what cannot be sealed is named by field and code, not by value", async () => {
  await ready();
  put("phone", 0, "12");
  const report = thrown(() => seal("ORDER-1", seconds(good.now)));
  assert.match(report, /^phone 0 [a-z_]+$/m);
});

test("a deposit's id is the hash of its nonce and canonical body, and each one is sealed afresh", async () => {
  await ready();
  const [one, two] = [sealPhone(), sealPhone()];
  for (const deposit of [one, two]) assert.equal(deposit.id, idOf(deposit));
  assert.notEqual(one.id, two.id);
  assert.notEqual(one.fields[0]?.tag, two.fields[0]?.tag);
  assert.notEqual(one.locator, two.locator);
});

test("what was put is forgotten once it is sealed", async () => {
  await ready();
  sealPhone();
  assert.equal(thrown(() => seal("ORDER-1", seconds(good.now))), "nothing_to_seal");
});

interface Deposit {
  readonly id: string;
  readonly nonce: string;
  readonly site: string;
  readonly reference: string;
  readonly manifest: string;
  readonly key_id: string;
  readonly facets: Readonly<Record<string, string>>;
  readonly locator: string;
  readonly fields: readonly { readonly tag: string; readonly kind: string; readonly expires: string; readonly envelope: string }[];
}

async function ready(): Promise<void> {
  begin();
  assert.equal(await verify(manifest, good.note, good.now), "");
}

function sealPhone(): Deposit {
  put("phone", 0, "+49 30 901820417");
  const text = seal("ORDER-1", seconds(good.now));
  assert(!text.includes("901820417"));
  return JSON.parse(text) as Deposit;
}

/** docs/spec/deposit.md: SHA-256 over the nonce and the canonical body. */
function idOf({ nonce, site, reference, manifest, key_id, facets, locator, fields }: Deposit): string {
  const hex = (text: string): Buffer => Buffer.from(text, "hex");
  const b64u = (text: string): Buffer => Buffer.from(text, "base64url");
  const rows = fields.map(({ tag, kind, expires, envelope }) => [hex(tag), kind, expires, b64u(envelope)]);
  const body = cbor(["nightsafe/v1/deposit", site, reference, hex(manifest), hex(key_id), { ...facets }, b64u(locator), rows]);
  return createHash("sha256").update(b64u(nonce)).update(body).digest("hex");
}
