import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogEntry, Person } from "../../../src/admin/engine.ts";
import { BATCH, older } from "../../../src/admin/log-pages.ts";
import type { Logged } from "../../../src/admin/log-pages.ts";
import { what, who } from "../../../src/admin/log-words.ts";

/** A log of so many entries, without those that were erased. */
function log(size: number, erased: readonly number[] = []) {
  const asked: [number, number][] = [];
  const read = async (first: number, count: number) => {
    asked.push([first, count]);
    const numbers = Array.from({ length: count }, (_, place) => first + place);
    const entries: LogEntry[] = numbers
      .filter((number) => number < size && !erased.includes(number))
      .map((number) => ({ number, action: number % 10 === 0 ? "open" : "search", by: "aa" }));
    return { size, entries };
  };
  return { read, asked };
}

test("the newest come first, and the next page goes on where the first ended", async () => {
  const { read, asked } = log(120);
  const first = await older(read, 120, () => true);
  assert.deepEqual([first.entries.length, first.entries[0]?.number, first.entries.at(-1)?.number], [BATCH, 119, 70]);
  const second = await older(read, first.before, () => true);
  const third = await older(read, second.before, () => true);
  assert.deepEqual([second.entries[0]?.number, third.entries.length, third.entries.at(-1)?.number, third.before], [69, 20, 0, 0]);
  assert.deepEqual(asked, [[70, 50], [20, 50], [0, 20]]);
  assert.deepEqual(await older(read, 0, () => true), { entries: [], before: 0 });
});

test("what is missing stands in its place", async () => {
  const { entries } = await older(log(4, [1, 3]).read, 4, () => true);
  assert.deepEqual(entries.map(({ number, erased }) => [number, erased === true]), [[3, true], [2, false], [1, true], [0, false]]);
});

test("a filter looks further back, but not for ever", async () => {
  const { read, asked } = log(10_000);
  const rare = await older(read, 10_000, ({ action }) => action === "open");
  assert.equal(rare.entries.length, 25);
  assert.equal(asked.length, 5);
  const none = await older(read, 10_000, () => false);
  assert.deepEqual([none.entries.length, none.before], [0, 9000]);
});

const people: readonly Person[] = [
  { identity: "aa", name: "Anna", roles: ["admin"], words: "", state: "active", since: "", own: true },
  { identity: "bb", name: "Ben", roles: ["admin"], words: "", state: "left", since: "", own: false },
];

test("every entry is a sentence", () => {
  const say = (entry: Omit<Logged, "number">) => what({ number: 0, ...entry }, people);
  assert.equal(say({ action: "open", fields: [{ kind: "card", index: 0 }, { kind: "phone", index: 1 }] }), "Opened card, second phone number");
  assert.equal(say({ action: "search", criteria: ["last4", "reference"] }), "Searched by last four digits, order reference");
  assert.equal(say({ action: "sign-in-failed", identity: "bb" }), "Somebody failed to sign in as Ben");
  assert.match(say({ action: "sign-in-failed" }), /a name that nobody has/);
  assert.equal(say({ action: "grant", identity: "cc" }), "Granted a key to somebody who is not on the list of admins");
  const key = "0123456789abcdef0123456789abcdef";
  const ofKey = ["pending", "active", "retiring", "retired", "purged", "new"].map((state) => say({ action: "key-change", data_key: key, state }));
  assert.equal(new Set(ofKey).size, ofKey.length);
  assert.ok(ofKey.every((sentence) => sentence.startsWith("Data key 01234567 ")));
  assert.match(say({}), /not granted to you/);
  assert.match(say({ erased: true }), /No entry is kept/);
  assert.match(say({ problem: "unsigned" }), /^Do not believe this entry\. It is not signed by the person/);
  assert.match(say({ problem: "new_code" }), /^Do not believe this entry\./);
  assert.deepEqual([who({ number: 0, by: "aa" }, people), who({ number: 0 }, people)], ["Anna (you)", "The vault"]);
});
