import assert from "node:assert/strict";
import { test } from "node:test";
import { readAddresses } from "../../../src/frame/anchor.ts";

const hash = `sha384-${"A".repeat(63)}+`;
const anchor = (ingest: string, wasm: string, portable = `portable.wasm ${hash}`) =>
  `nightsafe/v1/trust-anchor\nsite demo.example\nthreshold 1\nsequence-floor 1\ningest ${ingest}\nwasm ${wasm}\nwasm-portable ${portable}\n`;

test("reads the addresses", () => {
  assert.deepEqual(readAddresses(anchor("http://localhost:4803", `checkout-0a.wasm ${hash}`)), {
    ingest: "http://localhost:4803",
    wasm: { name: "checkout-0a.wasm", integrity: hash },
    portable: { name: "portable.wasm", integrity: hash },
  });
});

test("refuses an integrity text that a browser would skip, and addresses elsewhere", () => {
  const good = `checkout.wasm ${hash}`;
  for (const [ingest, wasm] of [
    ["https://i.example", "checkout.wasm"],
    ["https://i.example", "checkout.wasm sha384-!!!"],
    ["https://i.example", `checkout.wasm sha384:${"A".repeat(64)}`],
    ["https://i.example", `checkout.wasm sha256-${"A".repeat(43)}=`],
    ["https://i.example", `//evil.example/x.wasm ${hash}`],
    ["https://i.example", `${good} `],
    ["javascript:alert(1)", good],
    ["https://i.example/path", good],
  ] as const) {
    assert.equal(readAddresses(anchor(ingest, wasm)), undefined, `${ingest} ${wasm}`);
  }
  for (const portable of ["portable.wasm", "portable.wasm sha384-!!!", `//evil.example/x.wasm ${hash}`]) {
    assert.equal(readAddresses(anchor("https://i.example", good, portable)), undefined, portable);
  }
  assert.equal(readAddresses(anchor("https://i.example", good).replace(/^wasm-portable.*\n/m, "")), undefined);
  assert.equal(readAddresses("__NIGHTSAFE_ANCHOR__"), undefined);
});
