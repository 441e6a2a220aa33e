// The main job: a card is sealed in the shopper's browser, stored as ciphertext, found and opened by an admin.

import { AMEX, MASTERCARD, SHOPPER, type Order } from "./support/checkout.ts";
import { expect, test } from "./support/test.ts";

const CARD = "Card";
const CHARGE = "Charge the card";

test("hosted: a Visa, typed into the frame alone", async ({ checkout, desk }) => {
  const { reference } = await checkout.purchase(SHOPPER, "hosted");
  await desk.deposit(reference);
  await expect(desk.integrity).toContainText("Yes. The sealed field is as the customer’s browser sent it.");
  expect(await desk.opened([CARD], CHARGE)).toEqual({
    Card: { Number: "4111 1111 1111 1111", Expires: "12 / 2029", "Name on card": SHOPPER.holder },
  });
});

test("inline: an American Express of 15 digits, typed into the shop's own page", async ({ checkout, desk }) => {
  const { reference } = await checkout.purchase(AMEX, "inline");
  await desk.deposit(reference);
  await expect(desk.integrity).toContainText("Yes. All 4 sealed fields are as the customer’s browser sent them.");
  expect(await desk.opened([CARD], CHARGE)).toEqual({
    Card: { Number: "3782 822463 10005", Expires: "07 / 2031", "Name on card": AMEX.holder },
  });
});

test("mixed: a Mastercard of the 2-series in the frame, the address in the page; every field opens by itself", async ({
  checkout,
  desk,
}) => {
  const { reference } = await checkout.purchase(MASTERCARD, "mixed");
  await desk.deposit(reference);
  const expected = {
    Card: { Number: "2223 0031 2200 3222", Expires: "03 / 2030", "Name on card": MASTERCARD.holder },
    Address: { Street: MASTERCARD.street, "Postal code": MASTERCARD.postal, City: MASTERCARD.city, Country: "France" },
    Phone: { Phone: "+33199006213" },
    "E-mail": { "E-mail": MASTERCARD.email },
  };
  for (const [title, parts] of Object.entries(expected)) {
    // Only the chosen field is fetched, opened and shown
    const asked = desk.page.waitForRequest((request) => request.url().endsWith("/v1/openings"));
    expect(await desk.opened([title], CHARGE)).toEqual({ [title]: parts });
    const { deposits } = (await asked).postDataJSON() as { deposits: { open: unknown[]; check: unknown[] }[] };
    expect(deposits.map(({ open, check }) => [open.length, check.length])).toEqual([[1, 3]]);
    await desk.page.getByRole("button", { name: "Hide now" }).click();
    await expect(desk.revealed).toBeHidden();
  }
  expect(await desk.opened(Object.keys(expected), CHARGE)).toEqual(expected);
});

test("the order page shows the deposit's id, and nothing of what was sealed", async ({ page, checkout }) => {
  const { deposit, reference } = await checkout.purchase(AMEX, "mixed");
  await expect(page.getByText(reference)).toBeVisible();
  await expect(page.locator("[data-nightsafe-receipt]")).toHaveText(deposit);
  const text = await page.content();
  for (const typed of [AMEX.number.replaceAll(" ", ""), AMEX.holder, AMEX.street, AMEX.email]) expect(text).not.toContain(typed);
});

test("an order is found by its reference, by brand and last four, by postal code, and by day", async ({ checkout, desk }) => {
  const visa = await checkout.purchase(SHOPPER, "mixed");
  const amex = await checkout.purchase(AMEX, "mixed");
  await desk.deposit(visa.reference);
  await desk.deposit(amex.reference); // both have reached the vault
  const today = new Date().toISOString().slice(0, 10);
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

  const finds = async (by: Parameters<typeof desk.find>[0], found: readonly Order[], not: readonly Order[]): Promise<void> => {
    await desk.find(by);
    for (const { reference } of found) await expect(desk.link(reference), JSON.stringify(by)).toBeVisible();
    for (const { reference } of not) await expect(desk.link(reference), JSON.stringify(by)).toHaveCount(0);
  };
  await finds({ reference: visa.reference }, [visa], [amex]);
  await finds({ brand: "American Express", last4: "0005" }, [amex], [visa]);
  await finds({ brand: "Visa", last4: "1111" }, [visa], [amex]);
  await finds({ brand: "Visa", last4: "0005" }, [], [visa, amex]);
  await finds({ postal: SHOPPER.postal }, [visa], [amex]);
  await finds({ postal: AMEX.postal.toLowerCase() }, [amex], [visa]);
  await finds({ day: today, last4: "1111" }, [visa], [amex]);
  await finds({ day: yesterday }, [], [visa, amex]);
});
