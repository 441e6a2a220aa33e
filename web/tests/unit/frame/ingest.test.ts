import assert from "node:assert/strict";
import { test } from "node:test";
import { readAnswer } from "../../../src/frame/ingest.ts";

const ID = "ab".repeat(32);
const OTHER = "ac".repeat(32);

function receiptFor(deposit: string): string {
  const payload = `{"deposit":"${deposit}","reference":"ORDER-1","site":"demo.nightsafe.example"}`;
  return `e30.${Buffer.from(payload).toString("base64url")}.c2ln`;
}

test("a receipt counts only with 201 and both members", () => {
  const body = { deposit_id: ID, receipt: receiptFor(ID) };
  const sealed = { depositId: ID, receipt: body.receipt };
  assert.deepEqual(readAnswer(201, body, ID), { kind: "stored", sealed });
  for (const [status, members] of [[200, body], [201, { deposit_id: ID }], [201, null]] as const) {
    assert.equal(readAnswer(status, members, ID).kind, "unknown");
  }
});

test("a receipt for another deposit than the one that was posted is refused", () => {
  const refused = { kind: "refused", code: "receipt_refused" };
  const last = `${ID.slice(0, 63)}0`;
  for (const [named, receipt] of [[OTHER, OTHER], [ID, OTHER], [OTHER, ID], [ID, last]] as const) {
    assert.deepEqual(readAnswer(201, { deposit_id: named, receipt: receiptFor(receipt) }, ID), refused);
  }
  for (const receipt of ["", "a.b.c", `${receiptFor(ID).split(".")[1]}`]) {
    assert.deepEqual(readAnswer(201, { deposit_id: ID, receipt }, ID), refused);
  }
});

test("busy and broken servers mean try again", () => {
  for (const status of [302, 408, 429, 500, 503]) assert.equal(readAnswer(status, {}, ID).kind, "unknown", String(status));
});

test("a refusal carries the problem's slug", () => {
  const type = "https://nightsafe.dev/problems/manifest-not-current";
  assert.deepEqual(readAnswer(409, { type }, ID), { kind: "refused", code: "manifest_not_current" });
  for (const body of ["<html>", { type: 7 }, { type: "about:blank#/" }]) {
    assert.deepEqual(readAnswer(404, body, ID), { kind: "refused", code: "ingest_refused" });
  }
  // Shown to shoppers: nothing but letters of a word
  assert.deepEqual(readAnswer(404, { type: "/call.0900" }, ID), { kind: "refused", code: "call_____" });
});
