import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readProblems } from "../../../src/frame/problems.ts";
import { fieldMessage, languageOf, sealMessage, textsOf } from "../../../src/frame/texts.ts";

test("German for German, English for the rest", () => {
  assert.deepEqual(["de", "de-AT", "DE", "den", "en-GB", "fr", ""].map(languageOf), ["de", "de", "de", "en", "en", "en", "en"]);
});

test("every code of core has a sentence of its own in both languages", () => {
  const source = readFileSync(new URL("../../../../../crates/core/src/rule/error.rs", import.meta.url), "utf8");
  const codes = [...source.matchAll(/=> "([a-z_]+)",/g)].map((match) => match[1] ?? "");
  assert.ok(codes.length >= 12);
  for (const texts of [textsOf("en"), textsOf("de")]) {
    for (const code of codes) assert.notEqual(fieldMessage(texts, "", code), texts.field, code);
  }
});

test("the part's own sentence comes first, an unknown code gets the general one", () => {
  const texts = textsOf("en");
  assert.match(fieldMessage(texts, "number", "required"), /card number/);
  assert.equal(fieldMessage(texts, "line1", "required"), texts.required);
  assert.equal(fieldMessage(texts, "number", "brand_new_code"), texts.field);
});

test("a failure names its code", () => {
  assert.match(sealMessage(textsOf("de"), "ingest_unreachable"), /nichts verloren.*\(ingest_unreachable\)$/);
  assert.match(sealMessage(textsOf("en"), "wrong_site"), /nothing was sent.*\(wrong_site\)$/);
});

test("the WASM's report is read line by line", () => {
  const texts = textsOf("en");
  assert.deepEqual(readProblems("card.number 0 incomplete\nphone 2 invalid_phone", texts), [
    { field: "card.number", index: 0, code: "incomplete", message: texts["number.incomplete"] },
    { field: "phone", index: 2, code: "invalid_phone", message: texts.invalid_phone },
  ]);
  assert.deepEqual(readProblems("manifest_expired", texts), []);
});
