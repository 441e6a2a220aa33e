import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../../src/admin/format.ts";

test("card numbers are grouped as they are embossed", () => {
  assert.equal(format.cardNumber("4242424242424242"), "4242 4242 4242 4242");
  assert.equal(format.cardNumber("378282246310005"), "3782 822463 10005");
  assert.equal(format.cardNumber("30569309025904"), "3056 930902 5904");
  assert.equal(format.cardNumber("6205500000000000004"), "6205 5000 0000 0000 004");
  assert.equal(format.cardNumber("not a number"), "not a number");
  assert.equal(format.cardNumber(""), "");
});

test("parts are formatted by what they are", () => {
  assert.equal(format.shownPart("card", "number", "4242424242424242"), "4242 4242 4242 4242");
  assert.equal(format.shownPart("card", "expiry", "2028-11"), "11 / 2028");
  assert.equal(format.shownPart("bank", "iban", "DE89370400440532013000"), "DE89 3704 0044 0532 0130 00");
  assert.equal(format.shownPart("address", "country", "GB"), "United Kingdom");
  assert.equal(format.shownPart("phone", "value", "+442079460000"), "+442079460000");
  assert.equal(format.shownPart("gift", "number", "4242424242424242"), "4242424242424242");
});

test("days are the vault's, moments are the reader's", () => {
  assert.equal(format.day("2026-11-21"), "21 Nov 2026");
  assert.match(format.longDay("2026-11-21"), /^Saturday,? 21 November 2026$/); // the comma depends on the ICU release
  assert.equal(format.moment("2026-11-21T23:30:00Z", "Europe/Berlin"), "22 Nov 2026, 00:30");
  assert.equal(format.day("nonsense"), "nonsense");
  assert.equal(format.moment("nonsense"), "nonsense");
});

test("a card is told by what is readable of it", () => {
  assert.equal(format.card(new Map([["brand", "visa"], ["last4", "4242"]])), "Visa •••• 4242");
  assert.equal(format.card(new Map([["last4", "4242"]])), "Card •••• 4242");
  assert.equal(format.card(new Map([["brand", "amex"]])), "American Express");
  assert.equal(format.card(new Map()), undefined);
});

test("what is not of its form is shown as it came", () => {
  assert.equal(format.country("Atlantis"), "Atlantis");
  assert.equal(format.facet("expiry", "soon"), "soon");
  assert.equal(format.facet("brand", "toString"), "toString");
});

test("counts agree with their nouns", () => {
  assert.equal(format.counted(1, "field"), "1 field");
  assert.equal(format.counted(2, "field"), "2 fields");
  assert.equal(format.counted(0, "time"), "0 times");
});

test("lock times in words, as far as they are offered", () => {
  assert.deepEqual([60, 300, 600, 1800, 900].map(format.lockTime), ["a minute", "five minutes", "ten minutes", "thirty minutes", "15 minutes"]);
});
