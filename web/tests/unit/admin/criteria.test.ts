import assert from "node:assert/strict";
import { test } from "node:test";
import { criteria, PAGE_SIZE } from "../../../src/admin/criteria.ts";
import type { Typed } from "../../../src/admin/criteria.ts";

const NOTHING: Typed = { reference: "", brand: "", last4: "", postal_code: "", day: "" };

test("an empty form asks for the newest", () => {
  assert.deepEqual(criteria(NOTHING), { ok: true, request: { limit: PAGE_SIZE }, empty: true });
});

test("what was typed is trimmed; postal codes are written large", () => {
  const typed = { reference: " A-1042 ", brand: "visa", last4: "4242", postal_code: " ec1a 1bb", day: "2026-11-21" };
  assert.deepEqual(criteria(typed), {
    ok: true,
    request: { ...typed, reference: "A-1042", postal_code: "EC1A 1BB", limit: PAGE_SIZE },
    empty: false,
  });
});

test("every mistake is named at its input, and nothing is asked", () => {
  const typed = { reference: "A 1042", brand: "", last4: "42", postal_code: "12345678901", day: "21.11.2026" };
  const read = criteria(typed);
  assert.equal(read.ok, false);
  assert.deepEqual(read.ok ? [] : [...read.errors.keys()], ["reference", "last4", "postal_code", "day"]);
});

test("a whole card number is not sent, however it is written", () => {
  for (const reference of ["4111111111111111", "4111 1111 1111 1111", "3782-822463-10005", "5555.5555.5555.4444"]) {
    const read = criteria({ ...NOTHING, reference });
    assert.match(read.ok ? "" : (read.errors.get("reference") ?? ""), /last four/, reference);
  }
  for (const reference of ["4111111111111112", "1000000000000008", "A-2026-11-21-000123"]) {
    assert.equal(criteria({ ...NOTHING, reference }).ok, true, reference);
  }
});
