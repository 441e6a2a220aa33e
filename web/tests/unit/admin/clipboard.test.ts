import assert from "node:assert/strict";
import { test } from "node:test";
import { Clipboard } from "../../../src/admin/clipboard.ts";

function board(refuse: () => boolean = () => false) {
  const written: string[] = [];
  const writeText = async (text: string) => {
    if (refuse()) throw new Error("not in front");
    written.push(text);
  };
  return { written, clipboard: new Clipboard({ writeText }) };
}

test("clears only what was copied here", async () => {
  const { written, clipboard } = board();
  assert.equal(await clipboard.clear(), "nothing-copied");
  assert.equal(await clipboard.copy("4242"), true);
  assert.equal(clipboard.holds, true);
  assert.equal(await clipboard.clear(), "cleared");
  assert.equal(clipboard.holds, false);
  assert.deepEqual(written, ["4242", " "]);
});

test("a refusal is remembered until clearing works", async () => {
  let away = false;
  const { clipboard } = board(() => away);
  await clipboard.copy("4242");
  away = true;
  assert.equal(await clipboard.clear(), "still-there");
  assert.equal(clipboard.holds, true);
  away = false;
  assert.equal(await clipboard.clear(), "cleared");
});

test("without a clipboard nothing is copied", async () => {
  const clipboard = new Clipboard(undefined);
  assert.equal(await clipboard.copy("4242"), false);
  assert.equal(clipboard.holds, false);
});
