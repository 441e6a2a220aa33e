// The main job from the shopper's side, in the three ways a shop can use it.

import { SHOPPER, cardFrame, order, typeCard, typeContact } from "./shopper.ts";
import { expect, test } from "./demo.ts";

const DEPOSIT = /^[0-9a-f]{64}$/;

test("mixed: card in the frame, address in the page", async ({ page, demo }) => {
  await page.goto(`${demo.shop}/checkout`);
  await typeContact(page);
  await typeCard(cardFrame(page));
  expect(await order(page)).toMatch(DEPOSIT);
});

test("hosted: the card alone", async ({ page, demo }) => {
  await page.goto(`${demo.shop}/checkout?mode=hosted`);
  await typeCard(cardFrame(page));
  expect(await order(page)).toMatch(DEPOSIT);
});

test("inline: everything in the page, the frame only seals", async ({ page, demo }) => {
  await page.goto(`${demo.shop}/checkout?mode=inline`);
  await typeContact(page);
  await typeCard(page);
  expect(await order(page)).toMatch(DEPOSIT);
});

test("an order without a receipt is refused, and says why", async ({ request, demo }) => {
  const answer = await request.post(`${demo.shop}/orders`, { form: { reference: "OE-BCDF-GHJK", delivery: "standard" } });
  expect(answer.status()).toBe(422);
  expect(await answer.text()).toContain("without a receipt");
});

test("the thief page shows the order and holds none of what was typed", async ({ page, demo }) => {
  await page.goto(`${demo.shop}/checkout`);
  await typeContact(page);
  await typeCard(cardFrame(page));
  const deposit = await order(page);
  await page.goto(demo.thief);
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

test("a flipped bit in the WASM: the checkout refuses and says why", async ({ page, demo }) => {
  await page.goto(demo.thief);
  await page.getByRole("button", { name: "Flip one bit" }).click();
  try {
    await page.goto(`${demo.shop}/checkout`);
    await expect(page.locator("nightsafe-card [role=alert]")).not.toBeEmpty();
    await typeContact(page);
    await page.getByRole("button", { name: "Place the order" }).click();
    await expect(page).toHaveURL(/\/checkout/);
  } finally {
    await page.goto(demo.thief);
    await page.getByRole("button", { name: "Put the byte back" }).click();
  }
  await page.goto(`${demo.shop}/checkout?mode=hosted`);
  await typeCard(cardFrame(page));
  expect(await order(page)).toMatch(DEPOSIT);
});
