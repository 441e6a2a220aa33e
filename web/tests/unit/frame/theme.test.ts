import assert from "node:assert/strict";
import { test } from "node:test";
import { plainValue, schemeOf } from "../../../src/frame/theme.ts";

test("colours, lengths and font names pass", () => {
  for (const value of ["#123abc", "rgb(1 2 3 / 50%)", "light-dark(#000, #fff)", "1.25rem", "\"Source Sans 3\", sans-serif"]) {
    assert.equal(plainValue(value), value);
  }
});

test("nothing that fetches or reads passes", () => {
  for (const value of ["url(https://e.example/)", "URL(x)", "var(--x)", "attr(value)", "image-set('x')", "red; x:1", "\\75rl(x)", "a".repeat(201), 7, undefined]) {
    assert.equal(plainValue(value), "", String(value));
  }
});

test("a page without a colour scheme is light", () => {
  assert.equal(schemeOf("normal"), "light");
  assert.equal(schemeOf("light dark"), "light dark");
  assert.equal(schemeOf("only dark"), "dark");
});
