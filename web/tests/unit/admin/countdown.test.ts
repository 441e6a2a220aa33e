import assert from "node:assert/strict";
import { test } from "node:test";
import { Countdown } from "../../../src/admin/countdown.ts";
import { FakeClock } from "./fakes.ts";

function started(seconds: number) {
  const clock = new FakeClock();
  const left: number[] = [];
  const ends: string[] = [];
  const countdown = new Countdown(clock, seconds, { left: (s) => left.push(s), over: () => ends.push("over") });
  countdown.start();
  return { clock, left, ends, countdown };
}

test("counts whole seconds and ends once", () => {
  const { clock, left, ends, countdown } = started(3);
  clock.pass(5);
  assert.deepEqual(left, [3, 2, 1]);
  assert.deepEqual(ends, ["over"]);
  assert.equal(countdown.running, false);
  assert.equal(clock.watched, false);
});

test("starting again gives the full time", () => {
  const { clock, left, ends, countdown } = started(60);
  clock.pass(59);
  countdown.start();
  clock.pass(59);
  assert.deepEqual(ends, []);
  assert.equal(left.at(-1), 1);
  clock.pass(1);
  assert.deepEqual(ends, ["over"]);
});

test("stopping is not an end", () => {
  const { clock, ends, countdown } = started(2);
  countdown.stop();
  clock.pass(10);
  assert.deepEqual(ends, []);
  assert.equal(clock.watched, false);
});

test("a computer that slept over the end ends on waking", () => {
  const { clock, ends, countdown } = started(60);
  clock.jump(3600);
  countdown.tick();
  assert.deepEqual(ends, ["over"]);
});

test("a clock that is set back ends it, rather than showing values for longer", () => {
  const { clock, ends, countdown } = started(60);
  clock.pass(5);
  clock.jump(-3600);
  countdown.tick();
  assert.deepEqual(ends, ["over"]);
});

test("can be used again after its end", () => {
  const { clock, ends, countdown } = started(1);
  clock.pass(1);
  countdown.start();
  clock.pass(1);
  assert.deepEqual(ends, ["over", "over"]);
});
