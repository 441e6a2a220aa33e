// The module for browsers whose WebCrypto has no Ed25519: it verifies for itself, whatever it is told.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { ask, renew } from "#checkout-wasm";
import { begin, good, key, loadModule, manifest, manifests, notesAreVerified, seconds } from "./notes.ts";

before(() => loadModule("checkout-portable.wasm"));

notesAreVerified();

/** With no verdicts, with all bad ones, with all good ones. */
const TOLD = [[], [0, 0, 0], [1, 1, 1]].map((verdicts) => Uint8Array.from(verdicts));

test("good notes are good, whatever it is told", () => {
  for (const verdicts of TOLD) {
    begin();
    ask(manifest, good.note, seconds(good.now));
    assert.equal(renew(key, verdicts), "");
  }
});

test("wrong signatures are wrong, whatever it is told", () => {
  const forged = manifests.find(({ case: name }) => name === "changed after signing");
  const late = good.note.replace("\nuntil 2026-12-03", "\nuntil 2026-12-02");
  assert(forged);
  for (const verdicts of TOLD) {
    begin();
    ask(forged.note, good.note, seconds(good.now));
    assert.equal(renew(key, verdicts), "manifest_bad_signature");
    ask(manifest, late, seconds(good.now));
    assert.equal(renew(key, verdicts), "timestamp_bad_signature");
  }
});
