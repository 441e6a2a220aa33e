// Browsers whose WebCrypto has no Ed25519: the module that verifies signatures itself, and no other.

import type { Page } from "@playwright/test";
import { withoutEd25519 } from "./support/browsers.ts";
import { ADVICE, Watched } from "./support/refusal.ts";
import { Tampering, flipBit, pinned } from "./support/published.ts";
import { expect, test } from "./support/test.ts";

const tampering = new Tampering();

test.afterEach(() => tampering.undo());

/** Names of the modules that the page asks for. */
function modules(page: Page): string[] {
  const names: string[] = [];
  page.on("request", (request) => {
    const name = new URL(request.url()).pathname.slice(1);
    if (name.endsWith(".wasm")) names.push(name);
  });
  return names;
}

test("a purchase through the portable module; the lean one is not fetched", async ({ page, demo, checkout, desk }) => {
  const asked = modules(page);
  await withoutEd25519(page);
  const { reference } = await checkout.purchase();
  expect(asked).toEqual([(await pinned(demo)).wasm_portable]);
  await desk.deposit(reference);
  expect(await desk.differences()).toEqual([]);
});

test("a browser that has it fetches the lean module alone", async ({ page, demo, checkout }) => {
  const asked = modules(page);
  await checkout.open();
  await checkout.ready();
  expect(asked).toEqual([(await pinned(demo)).wasm]);
});

test("the portable module verifies: a manifest with a wrong signature is refused", async ({ page, demo, checkout }) => {
  tampering.text(demo.published("key-manifest"), (text) => text.replace("label en Card", "label en Cart"));
  await withoutEd25519(page);
  const watched = await Watched.from(checkout, demo);
  await checkout.open();
  await watched.refused("manifest_bad_signature", ADVICE.refused);
});

test("the portable module, one bit changed, is refused, and the other is not taken for it", async ({ page, demo, checkout }) => {
  tampering.bytes(demo.published((await pinned(demo)).wasm_portable), flipBit);
  const asked = modules(page);
  await withoutEd25519(page);
  const watched = await Watched.from(checkout, demo);
  await checkout.open();
  await watched.refused("module_refused", ADVICE.refused);
  expect(asked).not.toContain((await pinned(demo)).wasm);
});
