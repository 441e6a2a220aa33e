// The demo's servers: the shop's receipt check, the thief's reading of bytes.

import assert from "node:assert/strict";
import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { test } from "node:test";
import { html, page } from "../../src/demo/html.ts";
import { isReference, newReference } from "../../src/demo/shop/orders.ts";
import { depositOf } from "../../src/demo/shop/receipt.ts";
import { hexLines, strings, windows } from "../../src/demo/thief/dump.ts";
import { search } from "../../src/demo/thief/search.ts";
import { together } from "../../src/demo/thief/verdict.ts";

const SITE = "demo.nightsafe.example";
const { publicKey, privateKey } = generateKeyPairSync("ed25519");

function vkey(key: KeyObject): string {
  const raw = Buffer.from(String(key.export({ format: "jwk" }).x), "base64url");
  return `receipts+00000000+${Buffer.concat([Buffer.of(1), raw]).toString("base64")}`;
}

function receipt(payload: object): string {
  const text = [{ alg: "EdDSA", typ: "nightsafe-receipt" }, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${sign(null, Buffer.from(text), privateKey).toString("base64url")}`;
}

test("a receipt for this order gives the deposit id", () => {
  const good = receipt({ deposit: "ab", reference: "OE-1", site: SITE });
  assert.equal(depositOf(good, vkey(publicKey), SITE, "OE-1"), "ab");
});

test("receipts that are changed, of another key, order or site, or none at all, are refused", () => {
  const good = receipt({ deposit: "ab", reference: "OE-1", site: SITE });
  const key = vkey(publicKey);
  const forged = receipt({ deposit: "cd", reference: "OE-1", site: SITE }).split(".");
  const changed = [good.split(".")[0], forged[1], good.split(".")[2]].join(".");
  assert.throws(() => depositOf(changed, key, SITE, "OE-1"), /not signed/);
  assert.throws(() => depositOf(good, vkey(generateKeyPairSync("ed25519").publicKey), SITE, "OE-1"), /not signed/);
  assert.throws(() => depositOf(good, key, SITE, "OE-2"), /another order/);
  assert.throws(() => depositOf(good, key, "other.example", "OE-1"), /another site/);
  for (const none of ["", ".", "..", "x.y.z"]) assert.throws(() => depositOf(none, key, SITE, "OE-1"));
});

test("references are well-formed and random", () => {
  const references = Array.from({ length: 100 }, newReference);
  assert.ok(references.every(isReference));
  assert.equal(new Set(references).size, references.length);
});

test("values in pages are escaped", () => {
  assert.equal(html`<p>${"<b>&\"'"}${[html`<i>${1}</i>`]}</p>`.text, "<p>&#60;b&#62;&#38;&#34;&#39;<i>1</i></p>");
  assert.throws(() => page("../www/shop", "refused.html", {}), /why/);
});

test("what a monitor says of many addresses is said once, and what only some saw by itself", () => {
  const found = (what: string, said: string, only: readonly string[] = []) =>
    ({ verdict: "HEADER-WEAKENED", severity: "CRITICAL", what, said, only }) as const;
  const all = together([found("/a", "A is missing"), found("/b", "B is missing"), found("/c", "A is missing"), found("/d", "A is missing", ["phone"])]);
  assert.deepEqual(all.map(({ said, only, where }) => [said, only, where]), [
    ["A is missing", [], ["/a", "/c"]],
    ["B is missing", [], ["/b"]],
    ["A is missing", ["phone"], ["/d"]],
  ]);
});

test("windows are joined where they touch, aligned, and labelled", () => {
  const file = Buffer.alloc(4096);
  file.write("needle", 1000);
  file.write("thread", 1100);
  file.write("needle", 2000);
  file.write("button", 3000);
  const needles = ["needle", "thread", "button"].map((label) => ({ label, bytes: Buffer.from(label) }));
  const found = windows(file, needles);
  assert.deepEqual(found.map(({ labels }) => labels), [["needle", "thread"], ["button"]]);
  assert.ok(found.every(({ offset }) => offset % 8 === 0));
  assert.ok(hexLines(found[1]!).some(({ characters }) => characters.includes("button")));
  assert.deepEqual(strings(found[0]!.bytes, 6), ["needle", "thread"]);
});

test("a typed text is found in every form it can have", () => {
  const typed = "4242 4242 4242 4242";
  const bare = "4242424242424242";
  const forms = [
    typed,
    bare,
    Buffer.from(bare).toString("hex"),
    Buffer.from(`x${bare}y`).toString("base64"),
    Buffer.from(`xy${bare}`).toString("base64url"),
    encodeURIComponent(typed),
    "4242+4242+4242+4242",
    "4242-4242-4242-4242",
    Buffer.from(bare, "utf16le").toString("latin1"),
  ];
  for (const text of [typed, bare]) {
    for (const form of forms) {
      const bytes = Buffer.from(`before ${form} after`, "latin1");
      assert.notEqual(search(text, [{ name: "place", bytes }]).length, 0, `${text}: ${form}`);
    }
  }
  for (const form of ["WALDKAUZWEG 7", "waldkauzweg+7", "57616C646B61757A7765672037", btoa("..waldkauzweg 7")]) {
    const [hit, ...more] = search("Waldkauzweg 7", [{ name: "place", bytes: Buffer.from(`${form} ${form}`) }]);
    assert.deepEqual([hit?.count, more], [2, []], form);
  }
  assert.deepEqual(search(typed, [{ name: "place", bytes: Buffer.from("4242 and 4243 4243") }]), []);
});
