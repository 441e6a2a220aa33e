import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { readProblems } from "../../../src/frame/problems.ts";
import { texts as german } from "../../../src/frame/texts-de.ts";
import { ENGLISH, fieldMessage, sealMessage, textsFor } from "../../../src/frame/texts.ts";

const english = ENGLISH.texts;
const FILES = "de texts-de-0123.json sha384-abc ed25519-k= ed25519-l=\nfr texts-fr-0123.json sha384-def";

/** Answers every fetch with this; gives what was asked for. */
function answering(t: TestContext, answer: () => Promise<Response>): { url: string; integrity: string | undefined }[] {
  const asked: { url: string; integrity: string | undefined }[] = [];
  t.mock.method(globalThis, "fetch", (url: string, init: RequestInit) => {
    asked.push({ url, integrity: init.integrity });
    return answer();
  });
  return asked;
}

test("a language is fetched, by its hash, when the locale asks for it", async (t) => {
  const asked = answering(t, async () => Response.json(german));
  for (const locale of ["de", "de-AT", "DE"]) {
    assert.deepEqual(await textsFor(locale, FILES), { language: "de", texts: german });
    assert.deepEqual(asked.splice(0), [{ url: "texts-de-0123.json", integrity: "sha384-abc ed25519-k= ed25519-l=" }]);
  }
  for (const locale of ["den", "en-GB", "d", "it", "", "-", " "]) assert.equal(await textsFor(locale, FILES), ENGLISH);
  assert.equal(await textsFor("de"), ENGLISH, "a loader that was not filled in knows English only");
  assert.deepEqual(asked, []);
});

test("English when the file cannot be had", async (t) => {
  for (const answer of [() => Promise.reject(new TypeError("Failed to fetch")), async () => new Response("<html>")]) {
    const asked = answering(t, answer);
    assert.equal(await textsFor("de", FILES), ENGLISH);
    assert.equal(asked.length, 1);
    t.mock.reset();
  }
});

test("every code of core has a sentence of its own in both languages", () => {
  const source = readFileSync(new URL("../../../../../crates/core/src/rule/error.rs", import.meta.url), "utf8");
  const codes = [...source.matchAll(/=> "([a-z_]+)",/g)].map((match) => match[1] ?? "");
  assert.ok(codes.length >= 12);
  for (const texts of [english, german]) {
    for (const code of codes) assert.notEqual(fieldMessage(texts, "", code), texts.field, code);
  }
});

test("the part's own sentence comes first, an unknown code gets the general one", () => {
  const texts = english;
  assert.match(fieldMessage(texts, "number", "required"), /card number/);
  assert.equal(fieldMessage(texts, "line1", "required"), texts.required);
  assert.equal(fieldMessage(texts, "number", "brand_new_code"), texts.field);
});

test("a failure names its code", () => {
  assert.match(sealMessage(german, "ingest_unreachable"), /nichts verloren.*\(ingest_unreachable\)$/);
  assert.match(sealMessage(english, "wrong_site"), /nothing was sent.*\(wrong_site\)$/);
});

test("the WASM's report is read line by line", () => {
  const texts = english;
  assert.deepEqual(readProblems("card.number 0 incomplete\nphone 2 invalid_phone", texts), [
    { field: "card.number", index: 0, code: "incomplete", message: texts["number.incomplete"] },
    { field: "phone", index: 2, code: "invalid_phone", message: texts.invalid_phone },
  ]);
  assert.deepEqual(readProblems("manifest_expired", texts), []);
});
