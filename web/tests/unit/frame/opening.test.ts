import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { opened } from "../../../src/frame/opening.ts";

const settings = { fields: "card", locale: "en", rtl: false, scheme: "light", theme: {}, disabled: false };
const opening = { nightsafe: 1, settings };

/** A window inside `parent`, and a way to post to it as the browser would. */
function framed() {
  const parent = {};
  const self = Object.assign(new EventTarget(), { parent }) as unknown as Window;
  const post = (from: unknown, data: unknown, ports: number) => {
    const event = Object.assign(new Event("message"), {
      source: from,
      origin: "https://shop.example",
      data,
      ports: Array.from({ length: ports }, (_, n) => ({ n })),
    });
    self.dispatchEvent(event);
  };
  return { self, parent, post };
}

test("takes the parent's opening with one port", async () => {
  const { self, parent, post } = framed();
  const promise = opened(self);
  post(parent, opening, 1);
  assert.deepEqual(await promise, { port: { n: 0 }, origin: "https://shop.example", settings });
});

test("ignores other windows, other counts of ports, other versions and other shapes", async () => {
  const { self, parent, post } = framed();
  let taken = false;
  void opened(self).then(() => (taken = true));
  post({}, opening, 1);
  post(null, opening, 1);
  post(parent, opening, 0);
  post(parent, opening, 2);
  post(parent, { ...opening, nightsafe: 2 }, 1);
  post(parent, { nightsafe: 1, settings: { ...settings, fields: "all" } }, 1);
  post(parent, "nightsafe", 1);
  await setImmediate();
  assert.equal(taken, false);
  post(parent, opening, 1);
  await setImmediate();
  assert.equal(taken, true);
});

test("a page that is nobody's frame takes nothing", async () => {
  const { self, post } = framed();
  Object.assign(self, { parent: self });
  let taken = false;
  void opened(self).then(() => (taken = true));
  post(self, opening, 1);
  await setImmediate();
  assert.equal(taken, false);
});
