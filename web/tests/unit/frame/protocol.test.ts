import assert from "node:assert/strict";
import { test } from "node:test";
import { readFromFrame } from "../../../src/shared/from-frame.ts";
import type { FromFrame, Opening, Settings, ToFrame } from "../../../src/shared/protocol.ts";
import { readOpening, readToFrame } from "../../../src/shared/to-frame.ts";
import { repositoryFile } from "../repository.ts";

const settings: Settings = { fields: "card", locale: "en", rtl: false, scheme: "light", theme: { color: "red" }, disabled: false };
const value = { field: "address.postal_code", index: 0, value: "1" };

const TO_FRAME: readonly ToFrame[] = [
  { type: "focus" },
  { type: "reset" },
  { type: "settings", settings },
  { type: "seal", id: 1, reference: "A-1", values: [value, { ...value, index: 3, value: "" }] },
];

const sealed = { depositId: "ab".repeat(32), receipt: "e30.eyJhIjoi_-x9.c2ln" };
const state = { complete: false, empty: true, brand: "", errors: {} };
const problem = { field: "card.number", index: 0, code: "invalid_number", message: 'Say "no" \\ \n\u0001 \ud800 Prüfen' };

const FROM_FRAME: readonly FromFrame[] = [
  { type: "hello" },
  { type: "ready" },
  { type: "submit" },
  { type: "failed", code: "manifest_too_few_signatures" },
  { type: "resize", height: 0 },
  { type: "resize", height: 312 },
  { type: "change", state },
  { type: "change", state: { ...state, brand: "visa", errors: { number: "incomplete", holder: "too_long" } } },
  { type: "sealed", id: 1, sealed },
  { type: "refused", id: 1, code: "fields", message: "", problems: [] },
  { type: "refused", id: 2, code: "ingest_unreachable", message: "Try again. (ingest_unreachable)", problems: [problem, problem] },
];

/** The object with one member at a time left out or of another type. */
function* spoilt(good: object): Generator<unknown> {
  for (const [name, member] of Object.entries(good)) {
    const { [name]: _, ...rest } = good as Record<string, unknown>;
    yield rest;
    for (const other of [null, 1.5, -1, "  ", {}, [], true]) {
      if (typeof other !== typeof member || other === null) yield { ...good, [name]: other };
    }
    if (typeof member === "object" && !Array.isArray(member)) for (const worse of spoilt(member)) yield { ...good, [name]: worse };
    if (Array.isArray(member) && member.length > 0) for (const worse of spoilt(member[0] as object)) yield { ...good, [name]: [worse] };
  }
}

test("the frame reads what the element says, and nothing else", () => {
  for (const message of TO_FRAME) {
    assert.equal(readToFrame(message), message);
    for (const worse of spoilt(message)) {
      // Values of the theme are held to what they are good for in theme.ts
      if (JSON.stringify(worse).includes('"theme":{')) continue;
      assert.equal(readToFrame(worse), undefined, JSON.stringify(worse));
    }
  }
  const seal = (more: object): unknown => ({ type: "seal", id: 1, reference: "A-1", values: [{ ...value, ...more }] });
  for (const message of [
    undefined,
    null,
    "focus",
    { type: "open" },
    { type: "__proto__" },
    seal({ index: 2 ** 32 }),
    seal({ value: "1".repeat(1_000_001) }),
    { type: "seal", id: 1, reference: "A-1", values: Array(1001).fill(value) },
  ]) {
    assert.equal(readToFrame(message), undefined);
  }
});

test("the frame reads an opening of its version, with all settings", () => {
  const opening: Opening = { nightsafe: 1, settings };
  assert.equal(readOpening(opening), opening);
  for (const name of Object.keys(settings)) {
    assert.equal(readOpening({ ...opening, settings: { ...settings, [name]: 7 } }), undefined, name);
  }
  assert.equal(readOpening({ nightsafe: 2, settings }), undefined);
});

test("the element reads what the frame says, and nothing else", () => {
  for (const message of FROM_FRAME) {
    assert.deepEqual(readFromFrame(JSON.stringify(message)), message);
    assert.equal(readFromFrame(message), undefined, "as an object");
    assert.equal(readFromFrame(JSON.stringify({ ...message, more: 1 })), undefined);
    for (const worse of spoilt(message)) {
      const text = JSON.stringify(worse);
      // Fewer problems and fewer errors are none the worse
      if (/"problems":\[\]|"errors":\{("(number|holder)":"[a-z_]+")?\}/.test(text)) continue;
      assert.equal(readFromFrame(text), undefined, text);
    }
  }
});

test("what a frame could make a shop's page show or send is short, and of closed forms", () => {
  const refused = { type: "refused", id: 1, code: "fields", message: "", problems: [problem] };
  for (const message of [
    { type: "failed", code: "call_0900_123456" },
    { type: "failed", code: "Call us" },
    { type: "failed", code: "evil.example" },
    { type: "failed", code: "a".repeat(65) },
    { type: "resize", height: 10_000 },
    { type: "change", state: { ...state, brand: "Call us" } },
    { type: "change", state: { ...state, errors: { "Call us": "required" } } },
    { type: "change", state: { ...state, errors: { number: "4111111111111111" } } },
    { type: "sealed", id: 1, sealed: { ...sealed, receipt: "<b>.<b>.<b>" } },
    { type: "sealed", id: 1, sealed: { ...sealed, receipt: `${"a".repeat(100_000)}.a.a` } },
    { ...refused, message: "a".repeat(501) },
    { ...refused, problems: [{ ...problem, message: "a".repeat(501) }] },
    { ...refused, problems: [{ ...problem, field: "Call us" }] },
  ]) {
    assert.equal(readFromFrame(JSON.stringify(message)), undefined, JSON.stringify(message));
  }
});

test("every code and brand of the core can be said", () => {
  const places = ["anchor/error.rs", "rule/error.rs", "rule/card.rs"].map((file) => repositoryFile(`crates/core/src/${file}`));
  const words = places.flatMap((source) => [...source.matchAll(/^ +Self::\w+(?:\(_\))? => "([a-z_]+)",$/gm)].map(([, word]) => word as string));
  assert.ok(words.includes("not_yet_valid") && words.includes("unsupported_characters") && words.includes("mastercard"));
  for (const word of words) assert.ok(readFromFrame(JSON.stringify({ type: "failed", code: `timestamp_${word}` })), word);
  for (const brand of words.slice(words.indexOf("visa"))) {
    assert.ok(readFromFrame(JSON.stringify({ type: "change", state: { ...state, brand } })), brand);
  }
});
