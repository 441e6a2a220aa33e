import assert from "node:assert/strict";
import { test } from "node:test";
import { grouped } from "../../../src/admin/openings.ts";
import { fieldNoun, fieldTitle, partTitle, PURPOSE_WORDS, purposeTitle } from "../../../src/admin/words.ts";
import { PURPOSES } from "../../../src/admin/wire.ts";

test("a heading takes the manifest's label in the reader's language", () => {
  const labels = { en: "Gift message", de: "Grußbotschaft", "pt-BR": "Mensagem" };
  assert.equal(fieldTitle("gift", 0, labels, ["de-CH", "en"]), "Grußbotschaft");
  assert.equal(fieldTitle("gift", 0, labels, ["pt-br"]), "Mensagem");
  assert.equal(fieldTitle("gift", 0, labels, ["fr"]), "Gift message");
  assert.equal(fieldTitle("gift", 1, { de: "Gruß" }, ["fr"]), "Gruß 2");
  assert.equal(fieldTitle("phone", 0, {}, ["fr"]), "Phone number");
});

test("a kind nobody labelled is called by its name", () => {
  assert.equal(fieldNoun("gift", 0), "“gift”");
  assert.equal(fieldNoun("phone", 6), "phone number no. 7");
  assert.equal(partTitle("card", "holder"), "Name on card");
  assert.equal(partTitle("own.kind", "door_code"), "Door code");
});

test("every purpose has words", () => {
  for (const purpose of PURPOSES) assert.ok(PURPOSE_WORDS[purpose].length > 0);
  assert.equal(purposeTitle("later"), "later");
});

test("what was opened together is one entry, newest first", () => {
  const at = "2026-11-21T10:00:00Z";
  const openings = [
    { kind: "card", index: 0, purpose: "charge", at: "2026-11-20T10:00:00Z" },
    { kind: "address", index: 0, purpose: "ship", at },
    { kind: "phone", index: 0, purpose: "ship", at },
    { kind: "phone", index: 0, purpose: "contact", at },
    { kind: "phone", index: 0, purpose: "contact", at },
  ];
  assert.deepEqual(
    grouped(openings).map(({ purpose, fields }) => [purpose, fields.length]),
    [["contact", 1], ["contact", 1], ["ship", 2], ["charge", 1]],
  );
});
