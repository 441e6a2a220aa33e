// What a shopper types, and typing it.

import type { FrameLocator, Page } from "@playwright/test";

/** A made-up person. Every value is one to look for afterwards. */
export const SHOPPER = {
  number: "4242424242424242",
  expiry: "11/29",
  holder: "Wilhelmina Zonnebloem",
  email: "wilhelmina.zonnebloem@example.org",
  phone: "+31 20 794 0917",
  street: "Korenbloemstraat 118",
  postal: "3551 XK",
  city: "Oudewatervliet",
  country: "NL",
};

/** The frame of <nightsafe-card>. */
export function cardFrame(page: Page): FrameLocator {
  return page.frameLocator("nightsafe-card iframe");
}

export async function typeContact(page: Page, shopper = SHOPPER): Promise<void> {
  await page.locator("[autocomplete=email]").fill(shopper.email);
  await page.locator("[autocomplete=tel]").fill(shopper.phone);
  await page.locator("[autocomplete=address-line1]").fill(shopper.street);
  await page.locator("[autocomplete=postal-code]").fill(shopper.postal);
  await page.locator("[autocomplete=address-level2]").fill(shopper.city);
  await page.locator("[autocomplete=country]").selectOption(shopper.country);
}

/** Key by key, as the formatting sees it. */
export async function typeCard(place: Page | FrameLocator, shopper = SHOPPER): Promise<void> {
  await place.locator("[autocomplete=cc-number]").pressSequentially(shopper.number);
  await place.locator("[autocomplete=cc-exp]").pressSequentially(shopper.expiry);
  await place.locator("[autocomplete=cc-name]").pressSequentially(shopper.holder);
}

/** Submits and returns the deposit id from the order page. */
export async function order(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Place the order" }).click();
  await page.waitForURL(/\/orders\/OE-/);
  return page.locator("[data-nightsafe-receipt]").innerText();
}
