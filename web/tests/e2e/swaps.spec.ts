// The swaps that ingest could try. Each is named in a plain sentence when an admin looks, and what does not verify is
// never shown as if it did.

import type { Admin } from "./support/admin.ts";
import type { Demo } from "./support/demo.ts";
import { SHOPPER, type Checkout } from "./support/checkout.ts";
import { fieldOf, reissued, withEnvelope, type Wire } from "./support/forger.ts";
import { lyingIngest, onTheWay } from "./support/liars.ts";
import {
  CHARGE, EXCHANGED, FORGED, OTHER_ORDER, REPLACED, RESEALED, fresh, honestOrders, post, refusesTheCard, type Honest,
} from "./support/swaps.ts";
import { expect, test } from "./support/test.ts";

let orders: Honest;
test.beforeAll(async ({ browser, demo }) => void (orders = await honestOrders(browser, demo)));

test("the control: a deposit that a second implementation has sealed is stored, opens, and has no difference", async ({
  request,
  demo,
  desk,
}) => {
  const like = { ...orders.visa, reference: fresh("CONTROL"), facets: { brand: "mastercard", last4: "5100" } };
  const deposit = await orders.forger.deposit(like, { card: FORGED, phone: "+15550100" });
  expect(await post(request, demo, { ...deposit, facets: { brand: "visa" } })).toMatch(/^4\d\d [a-z-]+$/); // not its id
  expect(await post(request, demo, deposit)).toBe("201");
  await desk.deposit(deposit.reference);
  await expect(desk.integrity).toContainText("Yes. All 2 sealed fields");
  expect((await desk.opened(["Card"], CHARGE))["Card"]?.["Number"]).toBe("5105 1051 0510 5100");
  expect(await desk.differences()).toEqual([]);
});

interface People {
  readonly checkout: Checkout;
  readonly desk: Admin;
  readonly demo: Demo;
}

/** Buys while ingest lies, and goes to the order. */
async function bought({ checkout, desk, demo }: People, alter: (deposit: Wire) => Wire | Promise<Wire>): Promise<void> {
  await lyingIngest(checkout.page, demo, async (deposit) => reissued(await alter(deposit)));
  const { reference } = await checkout.purchase(SHOPPER, "mixed");
  await desk.deposit(reference);
}

test("an envelope resealed with a card of its own", async ({ checkout, desk, demo }) => {
  await bought({ checkout, desk, demo }, async (deposit) =>
    withEnvelope(deposit, "card", await orders.forger.seal(deposit, fieldOf(deposit, "card"), FORGED)),
  );
  expect(await desk.differences()).toEqual([REPLACED]);
  await refusesTheCard(desk, RESEALED);
});

test("the envelope of another deposit", async ({ checkout, desk, demo }) => {
  await bought({ checkout, desk, demo }, (deposit) => withEnvelope(deposit, "card", fieldOf(orders.amex, "card").envelope));
  expect(await desk.differences()).toEqual([REPLACED]);
  await refusesTheCard(desk, EXCHANGED);
});

test("a field dropped", async ({ checkout, desk, demo }) => {
  await bought({ checkout, desk, demo }, (deposit) => ({ ...deposit, fields: deposit.fields.filter(({ kind }) => kind !== "phone") }));
  expect(await desk.differences()).toEqual(["The phone number that the customer sent is no longer in the vault."]);
  await expect(desk.page.getByRole("checkbox", { name: "Phone", exact: true })).toBeDisabled();
  expect((await desk.opened(["Card"], CHARGE))["Card"]?.["Number"], "the others are as they were").toBe(SHOPPER.number);
});

test("facets edited: they find the order, and are named as not the customer's", async ({ checkout, desk, demo }) => {
  await bought({ checkout, desk, demo }, (deposit) => ({ ...deposit, facets: { ...deposit.facets, last4: "9999", country: "FR" } }));
  expect(new Set(await desk.differences())).toEqual(
    new Set([
      "The last four digits shown for this order were changed after the customer sent it.",
      "The country shown for this order was changed after the customer sent it.",
    ]),
  );
});

test("another deposit's locator", async ({ checkout, desk, demo }) => {
  await bought({ checkout, desk, demo }, (deposit) => ({ ...deposit, locator: orders.amex.locator }));
  expect(await desk.differences()).toContain(OTHER_ORDER);
});

for (const [what, altered] of [
  ["with facets edited, and the receipt for that", { facets: { last4: "9999" } }],
  ["under a manifest that the site keys never signed", { manifest: "a5".repeat(32) }],
] as const) {
  test(`another deposit stored in the place of the browser's, ${what}: the order is not placed`, async ({ checkout, page }) => {
    await onTheWay(page, (deposit) => reissued({ ...deposit, ...altered }));
    await checkout.open();
    await checkout.fill();
    await checkout.buy.click();
    await expect(checkout.card.getByRole("alert")).toContainText("could not be encrypted and stored");
    await expect(page).toHaveURL(/\/checkout/);
  });
}

test("a whole deposit whose facets never followed from its card", async ({ request, demo, desk }) => {
  const like = { ...orders.visa, reference: fresh("MISMATCH"), facets: { brand: "visa", last4: "5100" } };
  expect(await post(request, demo, await orders.forger.deposit(like, { card: FORGED }))).toBe("201");
  await desk.deposit(like.reference);
  await desk.opened(["Card"], CHARGE);
  expect(await desk.differences()).toEqual([
    "The card brand shown for this order was never right: the opened field says otherwise.",
  ]);
  await expect(desk.integrity).toHaveAttribute("data-state", "danger");
});

test("a whole deposit with a card that was sealed for another place", async ({ request, demo, desk }) => {
  const like = { ...orders.visa, reference: fresh("MISPLACED"), facets: {} };
  expect(await post(request, demo, await orders.forger.deposit(like, { card: FORGED }, ["card"]))).toBe("201");
  await desk.deposit(like.reference);
  await refusesTheCard(desk, "The card is the one that came with this order, but it does not open.");
});
