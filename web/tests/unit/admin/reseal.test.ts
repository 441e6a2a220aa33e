import assert from "node:assert/strict";
import { test } from "node:test";
import { Refused, Unreachable } from "../../../src/admin/failure.ts";
import { Resealing } from "../../../src/admin/reseal.ts";
import type { Progress, ResealedPage, Work } from "../../../src/admin/reseal.ts";

/** A vault with deposits under keys, of which some cannot be sealed anew; two at a time. */
class Fake implements Work {
  readonly asked: string[] = [];
  /** Thrown by the pages of these numbers, once. */
  readonly fails = new Map<number, unknown>();

  constructor(
    readonly keys: Record<string, string[]>,
    readonly damaged: readonly string[] = [],
  ) {}

  async left() {
    return Object.entries(this.keys).map(([key_id, ids]) => ({ key_id, deposits: ids.length }));
  }

  async page(key: string, after: string | undefined): Promise<ResealedPage> {
    this.asked.push(`${key} ${after ?? "-"}`);
    const error = this.fails.get(this.asked.length);
    if (error !== undefined) throw error;
    const ids = (this.keys[key] ?? []).filter((id) => after === undefined || id > after).slice(0, 2);
    const left = ids.filter((id) => this.damaged.includes(id));
    this.keys[key] = (this.keys[key] ?? []).filter((id) => !ids.includes(id) || left.includes(id));
    return {
      done: ids.length - left.length,
      left: left.map((id) => ({ deposit_id: id, reference: id, differences: [{ code: "field_missing" }] })),
      last: ids.at(-1),
    };
  }
}

/** A second for each look at the clock. */
function clock(): () => number {
  let now = 0;
  return () => (now += 1000);
}

test("key after key, page after page, until nothing is left but what cannot be", async () => {
  const fake = new Fake({ a: ["1", "2", "3", "4", "5"], b: [], c: ["6", "7"] }, ["2"]);
  const resealing = new Resealing(fake, clock());
  const seen: Progress[] = [];
  resealing.listen((progress) => seen.push(progress));
  await resealing.run();
  assert.deepEqual(fake.asked, ["a -", "a -", "a 2", "a 5", "c -", "c 7"]);
  const { state, done, total, left } = resealing.progress;
  assert.deepEqual([state, done, total, left.map(({ reference }) => reference)], ["done", 6, 7, ["2"]]);
  assert.equal(resealing.running, false);
  assert.deepEqual(fake.keys, { a: ["2"], b: [], c: [] });
  // Nothing is said of the time at first; then as long as the rest takes at this pace
  assert.deepEqual(seen.map(({ done, seconds }) => [done, seconds]).filter(([done]) => done !== 0), [[2, undefined], [4, undefined], [6, undefined], [6, undefined]]);
});

test("a deposit that somebody else sealed anew meanwhile is not called damaged", async () => {
  const fake = new Fake({ a: ["1", "2", "3"] }, ["1"]);
  const page = fake.page.bind(fake);
  fake.page = async (key, after) => {
    const came = await page(key, after);
    fake.keys["a"] = (fake.keys["a"] ?? []).filter((id) => id !== "1"); // by somebody else
    return came;
  };
  const resealing = new Resealing(fake, clock());
  await resealing.run();
  assert.deepEqual([resealing.progress.state, resealing.progress.left], ["done", []]);
  assert.deepEqual(fake.keys, { a: [] });
});

test("it stops after the page that it is at, and another goes on with what is left", async () => {
  const fake = new Fake({ a: ["1", "2", "3", "4", "5"] });
  const first = new Resealing(fake, clock());
  first.listen(({ done }) => done === 2 && first.stop());
  await first.run();
  assert.deepEqual([first.progress.state, first.progress.done], ["stopped", 2]);
  const second = new Resealing(fake, clock());
  await second.run();
  assert.deepEqual([second.progress.state, second.progress.done, second.progress.total], ["done", 3, 3]);
});

test("what somebody else does at the same time is looked at again; any other failure ends it and is told", async () => {
  const moved = new Refused(409, { type: "https://nightsafe.dev/problems/log-entry-differs", title: undefined, detail: undefined });
  const fake = new Fake({ a: ["1", "2", "3"] });
  fake.fails.set(1, moved);
  fake.fails.set(4, new Unreachable());
  const resealing = new Resealing(fake, clock());
  await resealing.run();
  assert.deepEqual(fake.asked, ["a -", "a -", "a 2", "a 3"]);
  assert.equal(resealing.progress.state, "failed");
  assert.ok(resealing.progress.error instanceof Unreachable);
  assert.equal(resealing.progress.done, 3);

  const stuck = new Fake({ a: ["1"] });
  for (const page of [1, 2, 3]) stuck.fails.set(page, moved);
  const gives = new Resealing(stuck, clock());
  await gives.run();
  assert.deepEqual([stuck.asked.length, gives.progress.state, gives.progress.error], [3, "failed", moved]);
});
