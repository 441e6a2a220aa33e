// The README's pictures. Taken on every run; written to docs/images only with NIGHTSAFE_PICTURES=1.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page, ViewportSize } from "@playwright/test";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import { expect, test } from "./support/test.ts";

const FOLDER = resolve(import.meta.dirname, "../../../docs/images");

const SIZES = {
  thief: { width: 1760, height: 1180 },
  checkout: { width: 1200, height: 1320 },
  "checkout-phone": { width: 390, height: 844 },
  admin: { width: 1200, height: 1240 },
} as const satisfies Record<string, ViewportSize>;

type Name = keyof typeof SIZES;

test("the thief page beside what the admin sees", async ({ page, demo, checkout }) => {
  await checkout.purchase(SHOPPER, "mixed");
  await page.setViewportSize(SIZES.thief);
  await page.goto(demo.at.thief);
  await page.getByRole("button", { name: "Open with the admin" }).click();
  await expect(page.locator("#admin")).toContainText(SHOPPER.holder);
  await page.evaluate(() => scrollTo(0, 0));
  await picture(page, "thief");
});

test("the checkout", async ({ page, checkout }) => {
  await page.setViewportSize(SIZES.checkout);
  await checkout.open();
  await checkout.fill();
  await picture(page, "checkout");
});

test("the checkout on a phone", async ({ browser, demo }) => {
  const context = await browser.newContext({
    viewport: SIZES["checkout-phone"],
    isMobile: true,
    hasTouch: true,
    locale: "en-GB",
  });
  const checkout = new Checkout(await context.newPage(), demo);
  await checkout.open();
  await checkout.fill();
  await checkout.buy.scrollIntoViewIfNeeded();
  await picture(checkout.page, "checkout-phone");
  await context.close();
});

test("the admin site with a card open", async ({ desk, checkout }) => {
  const { reference } = await checkout.purchase(SHOPPER, "mixed");
  const before = desk.page.viewportSize();
  await desk.page.setViewportSize(SIZES.admin);
  await desk.deposit(reference);
  await desk.opened(["Card"], "Charge the card");
  await expect(desk.history).toContainText("Charge the card");
  await picture(desk.page, "admin");
  if (before !== null) await desk.page.setViewportSize(before);
});

/** Takes a picture of the visible part; it, and the file in the repository, have the size that the README counts on. */
async function picture(page: Page, name: Name): Promise<void> {
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  const taken = await page.screenshot({ animations: "disabled", caret: "hide" });
  const size = SIZES[name];
  expect(sizeOf(taken)).toEqual(size);
  const file = join(FOLDER, `${name}.png`);
  if (process.env["NIGHTSAFE_PICTURES"] === "1") {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(file, taken);
  }
  expect(sizeOf(readFileSync(file)), `docs/images/${name}.png: run this test with NIGHTSAFE_PICTURES=1`).toEqual(size);
}

/** From a PNG's first chunk. */
function sizeOf(png: Buffer): ViewportSize {
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}
