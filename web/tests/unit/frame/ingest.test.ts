import assert from "node:assert/strict";
import { test } from "node:test";
import { readAnswer } from "../../../src/frame/ingest.ts";

test("a receipt counts only with 201 and both members", () => {
  const sealed = { depositId: "d", receipt: "r" };
  assert.deepEqual(readAnswer(201, { deposit_id: "d", receipt: "r" }), { kind: "stored", sealed });
  for (const [status, body] of [[200, { deposit_id: "d", receipt: "r" }], [201, { deposit_id: "d" }], [201, null]] as const) {
    assert.equal(readAnswer(status, body).kind, "unknown");
  }
});

test("busy and broken servers mean try again", () => {
  for (const status of [302, 408, 429, 500, 503]) assert.equal(readAnswer(status, {}).kind, "unknown", String(status));
});

test("a refusal carries the problem's slug", () => {
  const type = "https://nightsafe.dev/problems/manifest-not-current";
  assert.deepEqual(readAnswer(409, { type }), { kind: "refused", code: "manifest_not_current" });
  assert.deepEqual(readAnswer(404, "<html>"), { kind: "refused", code: "ingest_refused" });
});
