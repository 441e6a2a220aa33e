import assert from "node:assert/strict";
import { test } from "node:test";
import { readToFrame } from "../../../src/shared/protocol.ts";

test("well-formed messages are read", () => {
  const value = { field: "phone", index: 0, value: "1" };
  for (const message of [{ type: "focus" }, { type: "reset" }, { type: "seal", id: 1, reference: "A-1", values: [value] }]) {
    assert.equal(readToFrame(message), message);
  }
});

test("others are not", () => {
  for (const message of [
    undefined,
    null,
    "focus",
    {},
    { type: "open" },
    { type: "seal", id: 1, reference: "A-1", values: [{ field: "phone", index: 0.5, value: "1" }] },
    { type: "seal", id: 1, reference: "A-1", values: [{ field: "phone", index: 0, value: 1 }] },
    { type: "seal", id: 1, reference: "A-1" },
    { type: "settings", settings: { fields: "card" } },
  ]) {
    assert.equal(readToFrame(message), undefined);
  }
});
