// The README's pictures. Taken on every run and compared with those in docs/images, which are written only with
// NIGHTSAFE_PICTURES=1: pictures of a page that looks otherwise by now fail.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Locator, Page, ViewportSize } from "@playwright/test";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import { differing } from "./support/likeness.ts";
import { expect, test } from "./support/test.ts";

const FOLDER = resolve(import.meta.dirname, "../../../docs/images");

const SIZES = {
  thief: { width: 1760, height: 1180 },
  checkout: { width: 1200, height: 1320 },
  "checkout-phone": { width: 390, height: 844 },
  admin: { width: 1200, height: 1240 },
  "admin-keys": { width: 1200, height: 700 },
  "admin-log": { width: 1200, height: 700 },
} as const satisfies Record<string, ViewportSize>;

type Name = keyof typeof SIZES;

/** Share of a picture's places: other fonts and other numbers make less, a part that is new, gone or elsewhere makes more. */
const TOLERATED = 0.04;

test("the thief page beside what the admin sees", async ({ page, demo, checkout }) => {
  await checkout.purchase(SHOPPER, "mixed");
  await page.setViewportSize(SIZES.thief);
  await page.goto(demo.at.thief);
  await page.getByRole("button", { name: "Open with the admin" }).click();
  await expect(page.locator("#admin")).toContainText(SHOPPER.holder);
  await page.waitForLoadState(); // until then the browser may go to the address's #admin
  await page.evaluate(() => scrollTo(0, 0));
  // How much readable text lies around the sealed bytes, and so what is below it, is chance
  const steady = ["header", "#shop", "#wire", "#admin"].map((part) => page.locator(part));
  await picture(page, "thief", steady);
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
  await desk.page.emulateMedia({ colorScheme: "light" });
  await desk.deposit(reference);
  await desk.opened(["Card"], "Charge the card");
  await expect(desk.history).toContainText("Charge the card");
  await picture(desk.page, "admin");
  if (before !== null) await desk.page.setViewportSize(before);
});

test("keys and epochs, and the audit log", async ({ desk, checkout }) => {
  const { page } = desk;
  const { reference } = await checkout.purchase(SHOPPER, "mixed");
  const before = page.viewportSize();
  await page.setViewportSize(SIZES["admin-keys"]);
  await page.emulateMedia({ colorScheme: "light" });
  await desk.deposit(reference);
  await desk.opened(["Card", "Address"], "Charge the card");
  await page.getByRole("button", { name: "Keys", exact: true }).click();
  await expect(page.getByRole("region", { name: "Data keys" }).getByRole("listitem")).not.toHaveCount(0);
  // How many keys there are, and how much was recorded, is what other tests did before
  await picture(page, "admin-keys", [page.getByRole("banner"), page.getByRole("heading", { level: 1 })]);
  await page.getByRole("button", { name: "Log", exact: true }).click();
  await expect(page.getByRole("row").nth(1)).toContainText("Opened address, card");
  await picture(page, "admin-log", [page.getByRole("banner"), page.getByRole("heading", { level: 1 })]);
  if (before !== null) await page.setViewportSize(before);
});

/** Takes a picture of the visible part; the file in the repository shows the same, at least in its steady parts. */
async function picture(page: Page, name: Name, steady: readonly Locator[] = []): Promise<void> {
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  const taken = await page.screenshot({ animations: "disabled", caret: "hide" });
  const size = SIZES[name];
  expect(sizeOf(taken)).toEqual(size);
  const file = join(FOLDER, `${name}.png`);
  if (process.env["NIGHTSAFE_PICTURES"] === "1") {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(file, taken);
  }
  writeFileSync(test.info().outputPath(`${name}.png`), taken); // to be looked at when it differs
  const kept = readFileSync(file);
  const advice = `docs/images/${name}.png is out of date: run this test with NIGHTSAFE_PICTURES=1, then look at it`;
  expect(sizeOf(kept), advice).toEqual(size);
  const boxes = (await Promise.all(steady.map((part) => part.boundingBox()))).filter((box) => box !== null);
  expect(boxes).toHaveLength(steady.length);
  expect(await differing(page.context(), taken, kept, boxes.length > 0 ? boxes : undefined), advice).toBeLessThanOrEqual(TOLERATED);
}

test("pictures of a page that has changed are told from it", async ({ page, checkout }) => {
  await page.setViewportSize(SIZES.checkout);
  await checkout.open();
  await checkout.fill();
  const shot = (): Promise<Buffer> => page.screenshot({ animations: "disabled", caret: "hide" });
  const before = await shot();
  expect(await differing(page.context(), before, await shot())).toBe(0);
  for (const [what, change] of Object.entries({
    "a part is gone": () => document.querySelector("aside")?.remove(),
    "a line is new": () => {
      const line = document.createElement("p");
      line.textContent = "New";
      document.querySelector("legend")?.after(line);
    },
    "other colours": () => document.documentElement.style.setProperty("--paper", "#dfe8f2"),
  })) {
    await page.evaluate(change);
    expect(await differing(page.context(), before, await shot()), what).toBeGreaterThan(TOLERATED);
    await checkout.open();
    await checkout.fill();
  }
});

/** From a PNG's first chunk. */
function sizeOf(png: Buffer): ViewportSize {
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}
