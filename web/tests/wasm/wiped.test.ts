// What was typed is gone from the module's memory once it is sealed: heap, stack, and what lies freed between.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { put, seal } from "#checkout-wasm";
import { begin, good, loadModule, manifest, seconds, verify } from "./notes.ts";

let memory: WebAssembly.Memory;

before(() => (memory = loadModule("checkout.wasm")));

const NUMBER = "5555555555554444";
const HOLDER = "Zuleika Nachtigall";
const PHONE = "+4930901820417";

/** Every stretch of a secret that is long enough to be no chance. */
function pieces(secret: string): readonly Buffer[] {
  const length = 7;
  return Array.from({ length: secret.length - length + 1 }, (_, at) => Buffer.from(secret.slice(at, at + length)));
}

function found(): readonly string[] {
  const bytes = Buffer.from(memory.buffer);
  return [NUMBER, HOLDER, PHONE].flatMap(pieces).filter((piece) => bytes.includes(piece)).map(String);
}

/** The whole way, three times: what lies freed is used again. */
test("after sealing, nothing of what was typed lies anywhere in the memory", async () => {
  begin();
  assert.equal(await verify(manifest, good.note, good.now), "");
  for (const order of ["ORDER-1", "ORDER-2", "ORDER-3"]) {
    put("card.number", 0, "5555 5555 5555 4444");
    put("card.number", 1, NUMBER);
    put("card.expiry", 0, "12/29");
    put("card.expiry", 1, "12/29");
    put("card.holder", 0, HOLDER);
    put("phone", 0, PHONE);
    const there = found();
    for (const secret of [NUMBER, HOLDER, PHONE]) assert(there.includes(secret.slice(0, 7)), "the search finds what is there");
    assert.match(seal(order, seconds(good.now)), /^\{/);
    assert.deepEqual(found(), []);
  }
});

test("after a refusal too", async () => {
  begin();
  assert.equal(await verify(manifest, good.note, good.now), "");
  put("card.number", 0, NUMBER);
  put("card.expiry", 0, "13/99");
  put("card.holder", 0, HOLDER);
  put("phone", 0, PHONE);
  assert.match(seal("ORDER-1", seconds(good.now)), /^!card/);
  assert.deepEqual(found(), []);
});
