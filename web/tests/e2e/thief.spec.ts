// The demo's show-piece: what a thief of everything gets, and what happens when one bit of the WASM is flipped.

import { SHOPPER } from "./support/checkout.ts";
import { ADVICE, Watched } from "./support/refusal.ts";
import { expect, test } from "./support/test.ts";

test("an order without a receipt is refused, and says why", async ({ request, demo }) => {
  const answer = await request.post(`${demo.at.shop}/orders`, { form: { reference: "OE-BCDF-GHJK", delivery: "standard" } });
  expect(answer.status()).toBe(422);
  expect(await answer.text()).toContain("without a receipt");
});

test("the thief page shows the order and holds none of what was typed", async ({ page, demo, checkout }) => {
  const { deposit } = await checkout.purchase();
  await page.goto(demo.at.thief);
  await expect(page.locator("#shop")).toContainText("nightsafe_receipt");
  await expect(page.locator("#wire")).toContainText(deposit);
  await expect(page.locator("#disk")).toContainText(".db");
  for (const typed of [SHOPPER.number, SHOPPER.holder, SHOPPER.phone, SHOPPER.street, SHOPPER.city]) {
    await page.getByRole("textbox").fill(typed);
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page.locator("#search [role=status]")).toContainText("Not found");
  }
  await page.getByRole("button", { name: "Open with the admin" }).click();
  await expect(page.locator("#admin")).toContainText(SHOPPER.holder);
});

test("a flipped bit in the WASM, by the button: the checkout refuses, says why, and nothing can be ordered until it is put back", async ({
  page,
  demo,
  checkout,
}) => {
  const tamper = page.locator("#tamper");
  await page.goto(demo.at.thief);
  await expect(tamper).toContainText(/Byte \d+ of checkout-[0-9a-f]+\.wasm is 0x[0-9a-f]{2}, as published\./);
  await page.getByRole("button", { name: "Flip one bit" }).click();
  try {
    await expect(tamper.getByRole("status")).toContainText(/is 0x[0-9a-f]{2}:\s+changed\./);
    const watched = await Watched.from(checkout, demo);
    await checkout.open();
    await watched.refused("module_refused", ADVICE.refused);
  } finally {
    await page.goto(demo.at.thief);
    await page.getByRole("button", { name: "Put the byte back" }).click();
  }
  await expect(tamper).toContainText("as published");
  await checkout.purchase(SHOPPER, "hosted");
});
