import assert from "node:assert/strict";
import { test } from "node:test";
import { tabMemory } from "../../../src/admin/tab.ts";
import { FakeStorage } from "./fakes.ts";

const PLACE = { deposit_id: "a".repeat(64), reference: "A 1/7" };

test("half and place are kept, and nothing is left after the end", () => {
  const storage = new FakeStorage();
  const memory = tabMemory(() => storage);
  assert.deepEqual([memory.half(), memory.place()], [undefined, undefined]);
  memory.begin("HALF");
  memory.setPlace(PLACE);
  assert.deepEqual([memory.half(), memory.place()], ["HALF", PLACE]);
  memory.setPlace(undefined);
  assert.equal(memory.place(), undefined);
  memory.setPlace(PLACE);
  memory.begin("OTHER");
  assert.deepEqual([memory.half(), memory.place()], ["OTHER", undefined]);
  memory.clear();
  assert.equal(storage.length, 0);
});

test("a browser that keeps nothing is no failure", () => {
  const memory = tabMemory(() => {
    throw new Error("SecurityError");
  });
  memory.begin("HALF");
  memory.setPlace(PLACE);
  memory.clear();
  assert.deepEqual([memory.half(), memory.place()], [undefined, undefined]);
});

test("a place that somebody else wrote is none", () => {
  const storage = new FakeStorage();
  for (const bad of ["", "x", "a".repeat(64), `${"a".repeat(63)} A-1`]) {
    storage.setItem("nightsafe-place", bad);
    assert.equal(tabMemory(() => storage).place(), undefined, bad);
  }
});
