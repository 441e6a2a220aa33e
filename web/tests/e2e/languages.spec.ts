// The frame speaks English by itself; another language is a file, fetched by whom it is for.

import type { Page } from "@playwright/test";
import { inGerman } from "./support/browsers.ts";
import { Tampering, releaseOf } from "./support/published.ts";
import { expect, test } from "./support/test.ts";
import type { Checkout } from "./support/checkout.ts";
import type { Demo } from "./support/demo.ts";

const tampering = new Tampering();

test.afterEach(() => tampering.undo());

async function german(demo: Demo): Promise<string> {
  return (await releaseOf(demo)).texts["de"]?.file ?? "";
}

/** The texts that the page asks for. */
function asked(page: Page): string[] {
  const names: string[] = [];
  page.on("request", (request) => {
    const name = new URL(request.url()).pathname.slice(1);
    if (name.startsWith("texts-")) names.push(name);
  });
  return names;
}

async function speaks(checkout: Checkout, language: string, label: string): Promise<void> {
  await checkout.ready();
  await expect(checkout.frame.getByLabel(label)).toBeVisible();
  await expect(checkout.frame.locator("html")).toHaveAttribute("lang", language);
}

test("English fetches no texts", async ({ page, checkout }) => {
  const texts = asked(page);
  await checkout.open();
  await speaks(checkout, "en", "Card number");
  expect(texts).toEqual([]);
});

test("German from the start", async ({ page, demo, checkout }) => {
  const texts = asked(page);
  await inGerman(page);
  await checkout.open();
  await speaks(checkout, "de", "Kartennummer");
  expect(new Set(texts)).toEqual(new Set([await german(demo)]));
});

for (const { what, tamper } of [
  { what: "gone", tamper: (path: string) => tampering.remove(path) },
  { what: "changed", tamper: (path: string) => tampering.text(path, (text) => text.replace("Kartennummer", "Kontonummer")) },
]) {
  test(`German, and the file is ${what}: it speaks English and takes the order`, async ({ page, demo, checkout }) => {
    tamper(demo.published(await german(demo)));
    await inGerman(page);
    await checkout.open();
    await speaks(checkout, "en", "Card number");
    await checkout.fill();
    await checkout.buy.click();
    await checkout.ordered();
  });
}
