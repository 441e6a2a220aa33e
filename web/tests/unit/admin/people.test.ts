import assert from "node:assert/strict";
import { test } from "node:test";
import { REASONS, sayChange } from "../../../src/admin/changes.ts";
import { sentence } from "../../../src/admin/failure.ts";
import { otherRoles, readRoles, sayRoles } from "../../../src/admin/roles.ts";
import { coded } from "./fakes.ts";

test("roles are read in the order of formats, each once", () => {
  assert.deepEqual(readRoles(true, " shipping, Auditor  shipping,"), ["admin", "auditor", "shipping"]);
  assert.deepEqual(readRoles(true, ""), ["admin"]);
  assert.deepEqual(readRoles(false, "a.b-c"), ["a.b-c"]);
  for (const typed of ["", "1a", "ä", "a_b", "a".repeat(33), "a b c d e f g h i"]) {
    assert.equal(readRoles(false, typed), undefined, typed);
  }
  assert.equal(otherRoles(["admin", "auditor", "shipping"]), "auditor, shipping");
  assert.equal(sayRoles(["admin", "auditor", "shipping"]), "admin, auditor and shipping");
});

test("every change is a sentence", () => {
  assert.equal(sayChange({ change: "add", name: "Ben", roles: ["admin"], words: "w" }), "Ben comes in, as admin.");
  assert.equal(sayChange({ change: "revoke", name: "Ben", reason: "lost" }), "Ben is removed (keys lost).");
  assert.match(sayChange({ change: "replace", name: "Ben", old_keys: "lost" }), /somebody else may have the old ones/);
  assert.match(sayChange({ change: "replace", name: "Ben", old_keys: "forgotten" }), /the old ones are destroyed/);
  assert.equal(sayChange({ change: "replace", name: "Ben" }), sayChange({ change: "replace", name: "Ben", old_keys: "lost" }));
  for (const change of ["add", "replace", "revoke", "roles", "threshold", "audit-key"] as const) {
    assert.match(sayChange({ change }), /^[A-Z].*\.$/);
  }
  assert.match(sayChange({ change: "threshold", threshold: 2 }), /Two admins/);
  assert.deepEqual(Object.keys(REASONS), ["left", "lost", "compromised", "other"]);
});

test("what the roster does not take is said with what to do", () => {
  assert.match(sentence(coded("last_admin")), /too few admins/);
  assert.match(sentence(coded("name_taken")), /Choose another/);
  assert.match(sentence(coded("change_refused")), /decide again/);
});
