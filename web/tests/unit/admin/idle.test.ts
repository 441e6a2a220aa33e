import assert from "node:assert/strict";
import { test } from "node:test";
import { IDLE_SECONDS, IdleLock, WARN_SECONDS } from "../../../src/admin/idle.ts";
import { FakeClock } from "./fakes.ts";

function started() {
  const clock = new FakeClock();
  const events: (number | "quiet" | "lock")[] = [];
  const idle = new IdleLock(clock, { warn: (s) => events.push(s ?? "quiet"), lock: () => events.push("lock") });
  idle.start();
  return { clock, events, idle };
}

test("locks after ten minutes, with a warning for the last one", () => {
  const { clock, events } = started();
  assert.equal(IDLE_SECONDS, 600);
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

test("stopping takes the warning away", () => {
  const { clock, events, idle } = started();
  clock.pass(IDLE_SECONDS - 10);
  idle.stop();
  assert.equal(events.at(-1), "quiet");
  assert.equal(clock.watched, false);
});
