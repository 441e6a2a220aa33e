import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRoute, routeHash } from "../../../src/admin/route.ts";

test("an address holds a deposit's id and nothing else", () => {
  const id = "0123456789abcdef".repeat(4);
  assert.deepEqual(parseRoute(routeHash({ page: "deposit", id })), { page: "deposit", id });
  for (const page of ["search", "account", "log"] as const) assert.deepEqual(parseRoute(routeHash({ page })), { page });
  for (const hash of ["", "#", "#/deposit/", `#/deposit/${id}x`, `#/deposit/${id.toUpperCase()}`, "#/deposit/../x"]) {
    assert.deepEqual(parseRoute(hash), { page: "search" }, hash);
  }
});
