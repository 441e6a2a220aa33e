// Shops' pages are what they are: forms that scripts replace, shadow trees, content put in later.

import type { Page } from "@playwright/test";
import type { Checkout } from "./support/checkout.ts";
import type { Demo } from "./support/demo.ts";
import { expect, test } from "./support/test.ts";

/** The shop's checkout with its markup changed before the browser gets it. */
async function rewritten(page: Page, demo: Demo, alter: (html: string) => string): Promise<void> {
  // A page that a test answers for has no address, so the browser takes it for one of the public network
  await page.context().grantPermissions(["local-network-access"], { origin: demo.at.shop });
  await page.route(`${demo.at.shop}/checkout*`, async (route) => {
    const response = await route.fetch();
    const html = await response.text();
    const body = alter(html);
    expect(body).not.toBe(html);
    await route.fulfill({ response, body });
  });
}

async function buys(checkout: Checkout): Promise<void> {
  await checkout.fill();
  await checkout.buy.click();
  await checkout.ordered();
}

test("the form is replaced by another one that takes over what was in it", async ({ page, checkout }) => {
  await checkout.open();
  await checkout.ready();
  await page.evaluate(() => {
    const old = document.querySelector("form");
    const form = document.createElement("form");
    for (const { name, value } of [...(old?.attributes ?? [])]) form.setAttribute(name, value);
    form.append(...(old?.childNodes ?? []));
    old?.replaceWith(form);
  });
  await buys(checkout);
});

test("the form is replaced by a copy, as a framework does when it renders again", async ({ page, checkout }) => {
  await checkout.open();
  await checkout.ready();
  await page.evaluate(() => {
    const old = document.querySelector("form");
    old?.replaceWith(old.cloneNode(true));
  });
  await buys(checkout);
});

test("after the card was typed, the form is replaced around the element: the card is asked for again, nothing is lost silently", async ({
  page,
  checkout,
}) => {
  await checkout.open();
  await checkout.fill();
  await page.evaluate(() => {
    const old = document.querySelector("form");
    const form = old?.cloneNode(false) as HTMLFormElement;
    form.append(...(old?.childNodes ?? []));
    old?.replaceWith(form);
  });
  await checkout.ready();
  await checkout.buy.click();
  await expect(checkout.frame.locator("#number-error")).toHaveText("Please enter your card number.");
  await expect(page).toHaveURL(/\/checkout/);
  await checkout.fillCard();
  await checkout.buy.click();
  await checkout.ordered();
});

test("the element comes into the form later, and goes and comes again", async ({ page, checkout }) => {
  await checkout.open();
  await checkout.ready();
  const [first] = page.frames().slice(1);
  await page.evaluate(() => {
    const card = document.querySelector("nightsafe-card");
    const place = card?.parentElement;
    card?.remove();
    if (card) place?.prepend(card);
  });
  await expect.poll(() => first?.isDetached()).toBe(true);
  await buys(checkout);
});

test("form and element inside a shadow tree", async ({ page, demo, checkout }) => {
  await rewritten(page, demo, (html) =>
    html
      .replace('<form class="steps"', '<div id="host"><template shadowrootmode="open"><form class="steps"')
      .replace("</form>", "</form></template></div>"),
  );
  await checkout.open();
  expect(await page.evaluate(() => document.querySelector("nightsafe-card"))).toBeNull();
  await buys(checkout);
});

test("only the element inside a shadow tree, the form around it", async ({ page, demo, checkout }) => {
  await rewritten(page, demo, (html) =>
    html
      .replace("<nightsafe-card", '<div><template shadowrootmode="open"><nightsafe-card')
      .replace("</nightsafe-card>", "</nightsafe-card></template></div>"),
  );
  await checkout.open();
  await buys(checkout);
});

test("a listener of the shop's own that stops every submit it sees first", async ({ page, checkout }) => {
  await page.addInitScript(() => {
    addEventListener("DOMContentLoaded", () => {
      document.querySelector("form")?.addEventListener("submit", (event) => {
        Object.assign(window, { submits: ((window as unknown as { submits?: number }).submits ?? 0) + 1 });
        if (!document.querySelector("[name=nightsafe_receipt]")) event.preventDefault();
      });
    });
  });
  await checkout.open();
  await buys(checkout);
});
