import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRoute, routeHash } from "../../../src/admin/route.ts";

test("an address holds a deposit's id and nothing else", () => {
  const id = "0123456789abcdef".repeat(4);
  assert.deepEqual(parseRoute(routeHash({ page: "deposit", id })), { page: "deposit", id });
  assert.deepEqual(parseRoute(routeHash({ page: "search" })), { page: "search" });
  for (const page of ["account", "people", "keys", "log"] as const) assert.deepEqual(parseRoute(routeHash({ page })), { page });
  for (const hash of ["", "#", "#/deposit/", `#/deposit/${id}x`, `#/deposit/${id.toUpperCase()}`, "#/deposit/../x"]) {
    assert.deepEqual(parseRoute(hash), { page: "search" }, hash);
  }
});

test("a link to join holds a token of 32 bytes, and the address that stays holds none", () => {
  const token = "Abc-_".repeat(9).slice(0, 43);
  assert.deepEqual(parseRoute(routeHash({ page: "join", token })), { page: "join", token });
  assert.deepEqual(parseRoute(routeHash({ page: "join", token: undefined })), { page: "join", token: undefined });
  for (const hash of ["#/join/", `#/join/${token}A`, `#/join/${token.slice(1)}`, `#/join/${token}/`, "#/joint"]) {
    assert.deepEqual(parseRoute(hash), { page: "search" }, hash);
  }
});
