import assert from "node:assert/strict";
import { test } from "node:test";
import { canOpen, explain, merged, ofField } from "../../../src/admin/differences.ts";
import type { Difference } from "../../../src/admin/engine.ts";
import { repositoryFile } from "../repository.ts";
import { sealed } from "./fakes.ts";

const FIELDS = [sealed("card"), sealed("phone"), sealed("phone", 1), sealed("gift", 0, { en: "Gift message" })];
const said = (difference: Difference) => explain(difference, FIELDS).sentence;

/** Every code that core gives a difference, read from its source: a new one must not come without a sentence. */
function codesOfCore(): readonly string[] {
  const source = repositoryFile("crates/core/src/opening.rs");
  const [, declared = ""] = /pub enum Difference \{\n(.*?)\n\}/s.exec(source) ?? [];
  const [, body = ""] = /fn code\(&self\).*?match self \{(.*?)\n {8}\}/s.exec(source) ?? [];
  const codes = [...body.matchAll(/Self::(\w+)(?: \{ \.\. \})? => "([a-z_]+)"/g)];
  const variants = [...declared.matchAll(/^ {4}(\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(codes.map(([, name]) => name), variants); // none was missed by the pattern
  return codes.map(([, , code = ""]) => code);
}

test("every code of core has a sentence of its own", () => {
  const codes = codesOfCore();
  assert.ok(codes.length >= 13);
  const sentences = codes.map((code) => said({ code, kind: "phone", index: 0, facet: "brand" }));
  assert.equal(new Set(sentences).size, codes.length);
  assert.ok(!sentences.includes(said({ code: "from_the_future" })));
  assert.equal(explain({ code: "from_the_future" }, []).severity, "danger");
});

test("fields and facets are named as a shopkeeper names them", () => {
  assert.equal(
    said({ code: "field_replaced", kind: "phone", index: 0 }),
    "The phone number stored for this order was replaced after the customer sent it.",
  );
  assert.match(said({ code: "field_resealed", kind: "phone", index: 1 }), /^The second phone number /);
  assert.match(said({ code: "field_missing", kind: "gift", index: 0 }), /^The “Gift message” that the customer sent/);
  assert.match(said({ code: "facet_edited", facet: "last4" }), /^The last four digits shown for this order were changed/);
  assert.match(said({ code: "facet_edited", facet: "postal_code" }), /^The postal code shown for this order was changed/);
  assert.match(said({ code: "facet_mismatch", facet: "last4", kind: "card", index: 0 }), /the opened card says otherwise/);
});

test("only what may have ordinary reasons is a mere notice", () => {
  const severity = (code: string) => explain({ code, kind: "card", index: 0 }, FIELDS).severity;
  assert.equal(severity("field_missing"), "notice");
  assert.equal(severity("key_unknown"), "notice");
  assert.equal(severity("field_resealed"), "danger");
  assert.equal(severity("locator_unreadable"), "danger");
});

test("evidence once seen stays, and is named once", () => {
  const edited = { code: "facet_edited", facet: "brand" };
  const resealed = { code: "field_resealed", kind: "phone", index: 0 };
  const seen = merged([edited], [resealed, edited]);
  assert.deepEqual(seen, [edited, resealed]);
  assert.deepEqual(merged(seen, []), seen);
  assert.deepEqual(merged([{ ...resealed, code: "field_replaced" }], [resealed]), [resealed]);
  assert.deepEqual(merged([resealed], [{ ...resealed, code: "field_replaced" }]), [resealed]);
  assert.equal(merged([resealed], [{ ...resealed, index: 1 }]).length, 2);
});

test("a field is marked by what is wrong with itself, and asked for only where that can help", () => {
  const [card = sealed("card"), phone = sealed("phone")] = FIELDS;
  const differences = [
    { code: "facet_mismatch", facet: "last4", kind: "card", index: 0 },
    { code: "field_resealed", kind: "phone", index: 0 },
  ];
  assert.equal(ofField(differences, card), undefined);
  assert.equal(ofField(differences, phone)?.code, "field_resealed");
  assert.equal(canOpen(undefined), true);
  // All others may be asked for: the customer's own may lie beside another, and opening says more than checking
  const closed = codesOfCore().filter((code) => !canOpen({ code }));
  assert.deepEqual(closed, ["field_missing"]);
});
