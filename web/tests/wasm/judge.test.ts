// Judging new passphrases, and drawing QR codes, by the module that browsers get; and that nothing of them stays in its memory.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { initSync, judge, qr } from "#passphrase-wasm";
import { read } from "../../src/admin/judge.ts";
import { readQr } from "../e2e/support/qr.ts";
import { repositoryBytes } from "../unit/repository.ts";

let memory: WebAssembly.Memory;

before(() => ({ memory } = initSync({ module: repositoryBytes("target/assets/admin/passphrase.wasm") })));

const judged = (passphrase: string, words = "") => read(judge(passphrase, words));

test("weak ones are refused with the reason, good ones are not", () => {
  for (const [passphrase, said] of [
    ["short", /Too short/],
    ["qwertyuiop[]", /keys of a keyboard/],
    ["password1985", /Too easy/],
  ] as const) {
    const { enough, sentence } = judged(passphrase);
    assert.equal(enough, false);
    assert.match(sentence, said);
  }
  assert.deepEqual(judged("correct horse battery staple").enough, true);
  assert.equal(judged("quimbelt zylopharg").enough, true);
  assert.equal(judged("quimbelt zylopharg", "Zylopharg Quimbelt\nshop.example").enough, false);
});

test("nothing of a passphrase stays in the module's memory", () => {
  for (const passphrase of ["Nachtigall!Zuleika.Wolkenzaun", "zaungast wolkig uhrwerk 77"]) {
    judged(passphrase, "Zuleika");
    const bytes = Buffer.from(memory.buffer);
    const pieces = Array.from({ length: passphrase.length - 7 }, (_, at) => passphrase.slice(at, at + 8));
    // Words of the dictionaries are there anyway
    const left = pieces.filter((piece) => /[^a-z]/.test(piece) && bytes.includes(piece));
    assert.deepEqual(left, []);
  }
});

test("a recovery code's QR code says what stands beside it, and does not stay in memory", () => {
  for (const code of ["0123A-4567B-89CDE-FGHJK-MNPQR-STVWX-YZ012", "ZZZZZ-YYYYY-XXXXX-WWWWW-VVVVV-TTTTT-SSSSS"]) {
    const rows = qr(code).split("\n");
    assert.equal(readQr((x, y) => rows[y]?.[x] === "1"), code);
    assert.ok(!Buffer.from(memory.buffer).includes(code.slice(0, 20)));
  }
});
