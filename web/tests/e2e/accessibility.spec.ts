// axe-core over everything that people see, in light and in dark.

import { expectAccessible } from "./support/axe.ts";
import { Tampering, flipBit, pinned } from "./support/published.ts";
import { expect, test } from "./support/test.ts";

const tampering = new Tampering();

test.afterEach(() => tampering.undo());

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`${colorScheme} screen`, () => {
    test.use({ colorScheme });

    for (const mode of ["mixed", "hosted", "inline"] as const) {
      test(`checkout, ${mode}: empty, with errors, filled in, and the order page`, async ({ page, checkout }) => {
        await checkout.open(mode);
        if (mode !== "inline") await checkout.ready();
        await expectAccessible(page, "empty");
        if (mode !== "inline") {
          await checkout.cardInput("cc-number").fill("4111 1111 1111 1112");
          await checkout.cardInput("cc-exp").fill("1");
          await checkout.cardInput("cc-name").focus();
          await expect(checkout.frame.locator("#expiry-error")).not.toBeEmpty();
          await expectAccessible(page, "with errors");
        }
        await checkout.open(mode);
        await checkout.fill(undefined, mode);
        await expectAccessible(page, "filled in");
        await checkout.buy.click();
        await checkout.ordered();
        await expectAccessible(page, "order page");
      });
    }

    test("checkout that refuses", async ({ page, demo, checkout }) => {
      tampering.bytes(demo.published((await pinned(demo)).wasm), flipBit);
      await checkout.open();
      await expect(checkout.card.getByRole("alert")).toContainText("(module_refused)");
      await expect.poll(() => page.frames().length, "the browser has told that the frame is gone").toBe(1);
      await expectAccessible(page, "refused");
    });

    test("order that is refused", async ({ page, checkout }) => {
      await checkout.open();
      await checkout.ready();
      await page.evaluate(() => HTMLFormElement.prototype.submit.call(document.querySelector("#order")));
      await expect(page.getByRole("heading", { name: "The order was not placed" })).toBeVisible();
      await expectAccessible(page, "refused order");
    });

    test("admin: sign-in, wrong passphrase, search, nothing found, deposit, opened", async ({ checkout, desk }) => {
      const { reference } = await checkout.purchase();
      const { page } = desk;
      await page.emulateMedia({ colorScheme });
      await desk.deposit(reference);
      await expectAccessible(page, "deposit");
      await page.getByRole("button", { name: /^Open/ }).click();
      await expectAccessible(page, "nothing chosen");
      await desk.opened(["Card", "Address"], "Ship the order");
      await expectAccessible(page, "opened");
      await desk.find({ reference });
      await expectAccessible(page, "search");
      await desk.find({ reference: "no-such-order" });
      await expectAccessible(page, "nothing found");
      await page.emulateMedia({ colorScheme: null }); // others use this page, too
    });

    test("admin: sign-in", async ({ page, demo }) => {
      await page.goto(demo.at.admin);
      await expect(page.getByLabel("Passphrase")).toBeVisible();
      await expectAccessible(page, "sign-in");
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await expect(page.getByRole("alert")).not.toBeEmpty();
      await expectAccessible(page, "sign-in, empty");
    });

    test("thief page: an order, opened, searched, tampered with", async ({ page, demo, checkout }) => {
      await checkout.purchase();
      await page.goto(demo.at.thief);
      await expectAccessible(page, "an order");
      await page.getByRole("button", { name: "Open with the admin" }).click();
      await expectAccessible(page, "opened");
      await page.getByRole("textbox").fill("4111 1111 1111 1111");
      await page.getByRole("button", { name: "Search" }).click();
      await expectAccessible(page, "searched");
    });
  });
}

test("axe itself would notice", async ({ page, checkout }) => {
  await checkout.open();
  await checkout.ready();
  await page.frames()[1]?.evaluate(() => document.querySelector("label")?.remove());
  await expect(expectAccessible(page, "a field without a label")).rejects.toThrow(/label/);
});
