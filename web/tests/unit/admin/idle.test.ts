import assert from "node:assert/strict";
import { test } from "node:test";
import { IdleLock, LOCK_TIMES, warnSeconds } from "../../../src/admin/idle.ts";
import { FakeClock } from "./fakes.ts";

const IDLE_SECONDS = 600;
const WARN_SECONDS = 60;

function started(seconds = IDLE_SECONDS) {
  const clock = new FakeClock();
  const events: (number | "quiet" | "lock")[] = [];
  let present = 0;
  const idle = new IdleLock(clock, {
    warn: (s) => events.push(s ?? "quiet"),
    lock: () => events.push("lock"),
    present: () => (present += 1),
  });
  idle.start(seconds);
  return { clock, events, idle, present: () => present };
}

test("locks after ten minutes, with a warning for the last one", () => {
  const { clock, events } = started();
  clock.pass(IDLE_SECONDS - WARN_SECONDS - 1);
  assert.deepEqual(events, []);
  clock.pass(WARN_SECONDS + 1);
  assert.deepEqual(events.slice(0, 2), [60, 59]);
  assert.deepEqual(events.slice(-3), [1, "quiet", "lock"]);
});

test("every sign of a person starts the time again and takes the warning away", () => {
  const { clock, events, idle } = started();
  clock.pass(IDLE_SECONDS - 30);
  idle.seen();
  assert.equal(events.at(-1), "quiet");
  clock.pass(IDLE_SECONDS - WARN_SECONDS - 1);
  assert.equal(events.at(-1), "quiet");
  assert.ok(!events.includes("lock"));
});

test("the first key after a long sleep locks instead of going on", () => {
  const { clock, events, idle } = started();
  clock.jump(IDLE_SECONDS + 1);
  idle.seen();
  assert.deepEqual(events, ["lock"]);
});

test("signs of a person after the lock start nothing", () => {
  const { clock, events, idle } = started();
  clock.pass(IDLE_SECONDS);
  idle.seen();
  clock.pass(IDLE_SECONDS);
  assert.equal(events.filter((event) => event === "lock").length, 1);
  assert.equal(clock.watched, false);
});

test("every time that can be chosen has a warning before it", () => {
  assert.deepEqual(LOCK_TIMES.map(warnSeconds), [20, 60, 60, 60]);
  for (const seconds of LOCK_TIMES) {
    const { clock, events } = started(seconds);
    clock.pass(seconds - 1);
    assert.deepEqual([events[0], events.at(-1)], [warnSeconds(seconds), 1]);
    clock.pass(1);
    assert.equal(events.at(-1), "lock");
  }
});

test("another time holds from the moment that it is set", () => {
  const { clock, events, idle } = started();
  clock.pass(IDLE_SECONDS - 10);
  idle.start(60);
  assert.equal(events.at(-1), "quiet");
  clock.pass(59);
  assert.ok(!events.includes("lock"));
  clock.pass(1);
  assert.equal(events.at(-1), "lock");
});

test("the vault is told that somebody is there, and not at every key", () => {
  const { clock, idle, present } = started();
  for (let second = 0; second < 100; second += 1) {
    clock.pass(1);
    idle.seen();
  }
  assert.equal(present(), 5);
  idle.stop();
  clock.pass(100);
  idle.seen();
  assert.equal(present(), 5);
});

test("stopping takes the warning away", () => {
  const { clock, events, idle } = started();
  clock.pass(IDLE_SECONDS - 10);
  idle.stop();
  assert.equal(events.at(-1), "quiet");
  assert.equal(clock.watched, false);
});
