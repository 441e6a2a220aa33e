// Ingest itself goes away while a shopper orders: the process is killed, hangs, or has nothing to take a deposit under. The
// shopper reads that nothing is lost; once it is back, the same click makes one deposit and one order.

import type { Page, Request } from "@playwright/test";
import { readOrders } from "../../src/demo/shop/orders.ts";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import { OwnSite } from "./support/own.ts";
import { Tampering } from "./support/published.ts";
import { expect, test } from "./support/test.ts";

let site: OwnSite;
const tampering = new Tampering();

test.beforeAll(async ({ spare }) => {
  test.setTimeout(120_000);
  site = await OwnSite.start(spare);
});

test.afterAll(() => site.dispose());

/** The deposits that the page posted, by id, and what became of each post. */
class Posts {
  readonly ids: string[] = [];
  readonly outcomes: string[] = [];

  constructor(page: Page) {
    const isPost = (request: Request): boolean => request.method() === "POST" && request.url() === `${site.at.ingest}/v1/deposits`;
    page.on("request", (request) => isPost(request) && this.ids.push((request.postDataJSON() as { id: string }).id));
    page.on("requestfailed", (request) => isPost(request) && this.outcomes.push("none"));
    page.on("response", (response) => isPost(response.request()) && this.outcomes.push(String(response.status())));
  }
}

/** An order that is filled in, ready to be sent. */
async function filledIn(page: Page): Promise<Checkout> {
  const checkout = new Checkout(page, site);
  await checkout.open();
  await checkout.fill();
  return checkout;
}

/** The shopper is told, is still there, and has lost nothing. */
async function told(checkout: Checkout, code: string): Promise<void> {
  const alert = checkout.card.getByRole("alert");
  const text = "We could not reach the server that stores your data. Nothing is lost: please try again in a moment.";
  await expect(alert).toHaveText(`${text} (${code})`, { timeout: 60_000 });
  await expect(alert).toBeVisible();
  await expect(checkout.page).toHaveURL(/\/checkout/);
  await expect(checkout.cardInput("cc-number")).toHaveValue(SHOPPER.number);
  await expect(checkout.page.getByLabel("Street and number")).toHaveValue(SHOPPER.street);
}

/** Orders again: one deposit, opened, and one order with its receipt, which is given. */
async function goesThrough(checkout: Checkout, posts: Posts): Promise<string> {
  await checkout.buy.click();
  const { reference, deposit } = await checkout.ordered();
  expect(new Set(posts.ids)).toEqual(new Set([deposit]));
  expect(posts.outcomes.at(-1)).toBe("201");
  const deposits = await site.deposits(reference);
  expect(deposits).toMatchObject([{ deposit_id: deposit, differences: [] }]);
  const card = deposits[0]?.fields.find(({ kind }) => kind === "card")?.value;
  expect(card?.["number"]).toBe(SHOPPER.number.replaceAll(" ", ""));
  const orders = readOrders(site.orders).filter((order) => order.reference === reference);
  expect(orders).toMatchObject([{ deposit }]);
  const [, body = ""] = (orders[0]?.request ?? "").split("\r\n\r\n");
  return new URLSearchParams(body).get("nightsafe_receipt") ?? "";
}

test("killed before the order is sent, started again", async ({ page }) => {
  const posts = new Posts(page);
  const checkout = await filledIn(page);
  await site.kill();
  await checkout.buy.click();
  await told(checkout, "ingest_unreachable");
  expect(posts.outcomes).toEqual(["none", "none"]);
  await site.up();
  await goesThrough(checkout, posts);
  expect(posts.outcomes).toEqual(["none", "none", "201"]);
});

test("killed when it has stored the deposit and before the browser hears of it: the same receipt", async ({ page }) => {
  const posts = new Posts(page);
  const checkout = await filledIn(page);
  let first: { deposit_id: string; receipt: string } | undefined;
  await page.route(`${site.at.ingest}/v1/deposits`, async (route) => {
    if (route.request().method() !== "POST" || first !== undefined) return route.fallback();
    first = (await (await route.fetch()).json()) as NonNullable<typeof first>;
    await site.kill();
    await route.abort("connectionreset");
  });
  await checkout.buy.click();
  await told(checkout, "ingest_unreachable");
  await site.up();
  const receipt = await goesThrough(checkout, posts);
  expect(first).toEqual({ deposit_id: posts.ids[0], receipt });
});

test("it hangs: it takes the connection and never answers, until it goes on", async ({ page }) => {
  test.setTimeout(120_000); // two attempts of twenty seconds each
  const posts = new Posts(page);
  const checkout = await filledIn(page);
  site.freeze();
  try {
    await checkout.buy.click();
    await expect(checkout.card.getByRole("status")).toHaveText("Encrypting your data …");
    await told(checkout, "ingest_unreachable");
  } finally {
    site.resume();
  }
  expect(posts.outcomes).toEqual(["none", "none"]);
  await goesThrough(checkout, posts);
});

test("it answers 503, having no valid key manifest, until the manifest is back", async ({ page }) => {
  const posts = new Posts(page);
  const checkout = await filledIn(page);
  const timestamp = async (): Promise<number> => (await fetch(`${site.at.ingest}/v1/timestamp`)).status;
  tampering.remove(site.published("key-manifest"));
  try {
    await expect.poll(timestamp).toBe(503);
    await checkout.buy.click();
    await told(checkout, "ingest_unavailable");
    expect(posts.outcomes).toEqual(["503", "503"]);
  } finally {
    tampering.undo();
  }
  await expect.poll(timestamp).toBe(200);
  await goesThrough(checkout, posts);
});
