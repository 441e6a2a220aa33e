// The checkout WASM as it is published, run in Node: the shared vectors of notes, and a deposit rebuilt from its JSON.
// Inputs of the DOM are left to the browser tests; what is sealed here is handed over as an inline value.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { before, test } from "node:test";
import { Checkout, initSync } from "#checkout-wasm";
import { cbor } from "../e2e/support/cbor.ts";
import { repositoryBytes, repositoryFile } from "../unit/repository.ts";

interface Case {
  readonly case: string;
  readonly error: string | null;
  readonly note: string;
  readonly now: string;
}

interface Vectors {
  readonly anchor: string;
  readonly manifest: string;
  readonly cases: readonly Case[];
}

const { anchor, manifest, cases } = JSON.parse(repositoryFile("tests/vectors/timestamp-v1.json")) as Vectors;
const parent = /^parent (\S+)$/m.exec(manifest)?.[1] ?? "";
const good = cases.find(({ error }) => error === null);
assert(good);

before(() => {
  initSync({ module: repositoryBytes("target/assets/checkout.wasm") });
});

for (const { case: name, error, note, now } of cases) {
  test(`timestamp: ${name}`, () => {
    const checkout = new Checkout(anchor, parent);
    assert.equal(thrown(() => checkout.renew(manifest, note, seconds(now))), error === null ? "" : `timestamp_${error}`);
    checkout.free();
  });
}

test("a page that the manifest does not name is refused", () => {
  const checkout = new Checkout(anchor, "https://elsewhere.example");
  assert.equal(thrown(() => checkout.renew(manifest, good.note, seconds(good.now))), "parent_not_allowed");
});

test("nothing is sealed before the manifest is verified", () => {
  const checkout = new Checkout(anchor, parent);
  checkout.put("phone", 0, "+49 30 901820417");
  assert.equal(thrown(() => checkout.seal("ORDER-1", seconds(good.now))), "no_manifest");
});

test("what cannot be sealed is named by field and code, not by value", () => {
  const checkout = ready();
  checkout.put("phone", 0, "12");
  const report = thrown(() => checkout.seal("ORDER-1", seconds(good.now)));
  assert.match(report, /^phone 0 [a-z_]+$/m);
});

test("a deposit's id is the hash of its nonce and canonical body, and each one is sealed afresh", () => {
  const checkout = ready();
  const [one, two] = [sealPhone(checkout), sealPhone(checkout)];
  for (const deposit of [one, two]) assert.equal(deposit.id, idOf(deposit));
  assert.notEqual(one.id, two.id);
  assert.notEqual(one.fields[0]?.tag, two.fields[0]?.tag);
  assert.notEqual(one.locator, two.locator);
});

test("what was put is forgotten once it is sealed", () => {
  const checkout = ready();
  sealPhone(checkout);
  assert.equal(thrown(() => checkout.seal("ORDER-1", seconds(good.now))), "nothing_to_seal");
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

function ready(): Checkout {
  const checkout = new Checkout(anchor, parent);
  assert(good);
  checkout.renew(manifest, good.note, seconds(good.now));
  return checkout;
}

function sealPhone(checkout: Checkout): Deposit {
  assert(good);
  checkout.put("phone", 0, "+49 30 901820417");
  const text = checkout.seal("ORDER-1", seconds(good.now));
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

function seconds(time: string): number {
  return Date.parse(time) / 1000;
}

/** The code that was thrown, or an empty text. */
function thrown(work: () => unknown): string {
  try {
    work();
    return "";
  } catch (error) {
    return String(error);
  }
}
