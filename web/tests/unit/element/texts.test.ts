import assert from "node:assert/strict";
import { test } from "node:test";
import { loadMessage, textsOf } from "../../../src/element/texts.ts";

test("each load failure has its sentence and its code", () => {
  const texts = textsOf("en");
  for (const [code, sentence] of [
    ["module_unreachable", texts.unreachable],
    ["timestamp_unreachable", texts.unreachable],
    ["frame_timeout", texts.unreachable],
    ["frame_silent", texts.silent],
    ["module_refused", texts.refused],
    ["manifest_expired", texts.refused],
    ["parent_not_allowed", texts.refused],
  ] as const) {
    assert.equal(loadMessage(texts, code), `${sentence} (${code})`);
  }
});

test("both languages say everything", () => {
  const [en, de] = [textsOf("en-GB"), textsOf("de-CH")];
  assert.deepEqual(Object.keys(de), Object.keys(en));
  for (const [name, text] of Object.entries(de)) assert.notEqual(text, en[name as keyof typeof en]);
});
