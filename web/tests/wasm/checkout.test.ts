// The checkout WASM as it is published, run in Node: the shared vectors of notes, and a deposit rebuilt from its JSON.
// Inputs of the DOM are left to the browser tests; what is sealed here is handed over as an inline value.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { before, test } from "node:test";
import { ask, put, renew, seal, start } from "#checkout-wasm";
import { cbor } from "../e2e/support/cbor.ts";
import {
  anchor, asked, begin, good, key, keyFile, loadModule, manifest, manifests, notesAreVerified, parent, seconds, verify,
} from "./notes.ts";

before(() => loadModule("checkout.wasm"));

notesAreVerified();

/** The first step with good notes; the module awaits the verdicts. */
function first(): ReturnType<typeof asked> {
  begin();
  return asked(manifest, good.note, good.now);
}

test("the module asks for two site keys and the timestamp's key, and WebCrypto finds all three good", async () => {
  const { verdicts } = await first();
  assert.deepEqual([...verdicts], [1, 1, 1]);
  assert.equal(renew(key, verdicts), "");
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
    assert.equal(renew(key, Uint8Array.from(verdicts)), code, verdicts.join());
  }
});

test("verdicts are for the notes that were asked about last, and count once", async () => {
  const lines = manifest.split("\n");
  const [one = "", two = ""] = lines.slice(-3);
  const swapped = [...lines.slice(0, -3), two, one, ""].join("\n");
  const { verdicts } = await first();
  ask(manifest.replace("label en Card\n", "label en Cart\n"), good.note, seconds(good.now));
  assert.notEqual(renew(key, new Uint8Array()), "");
  assert.equal(renew(key, verdicts), "no_manifest", "what was asked before is forgotten");
  // The two signatures in the other order: verdicts go by what was asked, in its order
  ask(swapped, good.note, seconds(good.now));
  assert.equal(renew(key, Uint8Array.of(1, 0, 1)), "manifest_bad_signature");
  await first();
  assert.equal(renew(key, verdicts), "");
  assert.equal(renew(key, verdicts), "no_manifest");
});

test("nothing counts that was never asked", () => {
  begin();
  assert.equal(renew(key, Uint8Array.of(1, 1, 1)), "no_manifest");
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
  assert.equal(seal("ORDER-1", seconds(good.now)), "!no_manifest");
});

test("a file that is not the active data key is refused", async () => {
  const { file, verdicts } = await first();
  assert.match(file, /^data-key-[0-9a-f]{32}$/);
  const wrong = ["another key", "X-Wing", "an empty file"].map(keyFile);
  for (const bytes of [...wrong, key.subarray(1), Buffer.concat([key, Buffer.alloc(1)]), Buffer.alloc(32)]) {
    await first();
    assert.equal(renew(bytes, verdicts), "data_key_refused");
    put("phone", 0, "+49 30 901820417");
    assert.equal(seal("ORDER-1", seconds(good.now)), "!no_manifest");
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
  assert.equal(seal("ORDER-1", seconds(good.now)), "!no_manifest");
});

test("what cannot be sealed is named by field and code, not by value", async () => {
  await ready();
  put("phone", 0, "12");
  const report = seal("ORDER-1", seconds(good.now));
  assert.match(report, /^!phone 0 [a-z_]+$/);
});

test("no name that a page gives a field makes a report look like a deposit", async () => {
  await ready();
  put('{"id":"0"}', 0, "x");
  assert.equal(seal("ORDER-1", seconds(good.now)), '!{"id":"0"} 0 unknown_field');
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
  assert.equal(seal("ORDER-1", seconds(good.now)), "!nothing_to_seal");
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
