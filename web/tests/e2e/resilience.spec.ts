// Wires that break, people who click twice, pages that change under the shopper's hands: one order, one deposit.

import type { Page, Response } from "@playwright/test";
import { readOrders } from "../../src/demo/shop/orders.ts";
import { SHOPPER, type Checkout } from "./support/checkout.ts";
import type { Demo } from "./support/demo.ts";
import { findLeaks } from "./support/leaks.ts";
import { expect, test } from "./support/test.ts";

const DEPOSITS = "/v1/deposits";

/** What ingest answered to the page's deposits. */
function answers(page: Page): Response[] {
  const all: Response[] = [];
  page.on("response", (response) => {
    if (response.request().method() === "POST" && response.url().endsWith(DEPOSITS)) all.push(response);
  });
  return all;
}

/** Cuts the demo's wire to ingest, or mends it, by the button on the thief page. */
async function wire(demo: Demo, cut: "yes" | "no"): Promise<void> {
  const body = new URLSearchParams({ cut });
  const answer = await fetch(`${demo.at.thief}/wire`, { method: "POST", body, headers: { origin: demo.at.thief }, redirect: "manual" });
  expect(answer.status).toBe(303);
}

function ordersOf(demo: Demo, reference: string): ReturnType<typeof readOrders> {
  return readOrders(demo.path("shop", "orders.jsonl")).filter((order) => order.reference === reference);
}

/** The order that the page shows is the shop's only one of this reference; gives how it came. */
async function onlyOrder(demo: Demo, checkout: Checkout): Promise<{ reference: string; deposit: string; receipt: string }> {
  const shown = await checkout.ordered();
  const orders = ordersOf(demo, shown.reference);
  expect(orders.map(({ deposit }) => deposit)).toEqual([shown.deposit]);
  const [, body = ""] = (orders[0]?.request ?? "").split("\r\n\r\n");
  return { ...shown, receipt: new URLSearchParams(body).get("nightsafe_receipt") ?? "" };
}

test.describe("ingest down and up again", () => {
  test.afterEach(({ demo }) => wire(demo, "no"));

  test("the shopper is told, tries again, and there is one deposit", async ({ page, demo, checkout, desk }) => {
    const answered = answers(page);
    await checkout.open();
    await checkout.fill();
    await wire(demo, "yes");
    await checkout.buy.click();
    const alert = checkout.card.getByRole("alert");
    await expect(alert).toContainText("Nothing is lost: please try again in a moment. (ingest_unreachable)");
    await expect(page).toHaveURL(/\/checkout/);
    await expect(checkout.cardInput("cc-number")).toHaveValue(SHOPPER.number);
    await wire(demo, "no");
    await checkout.buy.click();
    const { reference, deposit } = await onlyOrder(demo, checkout);
    expect(answered.filter((answer) => answer.status() === 201)).toHaveLength(1);
    await desk.deposit(reference);
    await desk.find({ reference });
    await expect(desk.results.getByRole("link")).toHaveCount(1);
    await expect(desk.link(reference)).toHaveAttribute("href", new RegExp(deposit));
  });

  test("down while the page loads: it says so, and goes on once ingest is back", async ({ demo, checkout }) => {
    await wire(demo, "yes");
    await checkout.open("hosted");
    const alert = checkout.card.getByRole("alert");
    await expect(alert).toContainText("(timestamp_unreachable)");
    await wire(demo, "no");
    await alert.getByRole("button", { name: "Try again" }).click();
    await checkout.fill(SHOPPER, "hosted");
    await checkout.buy.click();
    await onlyOrder(demo, checkout);
  });
});

test.describe("the answer is lost after ingest has stored the deposit", () => {
  for (const { what, lost } of [
    { what: "once: the page asks again by itself", lost: 1 },
    { what: "twice: the shopper does", lost: 2 },
  ]) {
    test(what, async ({ page, demo, checkout, desk }) => {
      const answered: { deposit_id: string; receipt: string }[] = [];
      await page.route(`${demo.at.ingest}${DEPOSITS}`, async (route) => {
        if (route.request().method() !== "POST") return route.fallback();
        const response = await route.fetch();
        answered.push((await response.json()) as (typeof answered)[number]);
        if (answered.length <= lost) await route.abort("connectionreset");
        else await route.fulfill({ response });
      });
      await checkout.open();
      await checkout.fill();
      await checkout.buy.click();
      if (lost === 2) {
        await expect(checkout.card.getByRole("alert")).toContainText("(ingest_unreachable)");
        await checkout.buy.click();
      }
      const order = await onlyOrder(demo, checkout);
      expect(answered).toHaveLength(lost + 1);
      for (const answer of answered) expect(answer).toEqual({ deposit_id: order.deposit, receipt: order.receipt });
      await desk.deposit(order.reference);
      await desk.find({ reference: order.reference });
      await expect(desk.results.getByRole("link")).toHaveCount(1);
    });
  }
});

test.describe("impatience", () => {
  for (const { what, act } of [
    { what: "double click", act: (checkout: Checkout) => checkout.buy.dblclick() },
    {
      what: "Enter in the frame and a click",
      act: async (checkout: Checkout) => {
        await checkout.cardInput("cc-name").press("Enter");
        await checkout.buy.click();
      },
    },
    {
      what: "Enter in the page, five times",
      act: async ({ page }: Checkout) => {
        for (let time = 0; time < 5; time++) await page.getByLabel("City").press("Enter");
      },
    },
  ]) {
    test(`${what}: one deposit, one order`, async ({ page, demo, checkout }) => {
      const posts: string[] = [];
      page.on("request", (request) => {
        if (request.method() === "POST") posts.push(new URL(request.url()).pathname);
      });
      // Ingest answers only when the shopper is done
      let release = (): void => {};
      const done = new Promise<void>((resolve) => (release = resolve));
      await page.route(`${demo.at.ingest}${DEPOSITS}`, (route) => done.then(() => route.continue()));
      await checkout.open();
      await checkout.fill();
      await act(checkout);
      release();
      await onlyOrder(demo, checkout);
      expect(posts).toEqual([DEPOSITS, "/orders"]);
    });
  }
});

test("reload in the middle, and back after the order: nothing typed is kept, and the next order is another one", async ({
  page,
  demo,
  checkout,
}) => {
  await checkout.open();
  await checkout.fill();
  await page.reload();
  await checkout.ready();
  await expect(checkout.cardInput("cc-number")).toHaveValue("");
  await checkout.fill();
  await checkout.buy.click();
  const first = await onlyOrder(demo, checkout);
  await page.reload();
  expect(ordersOf(demo, first.reference)).toHaveLength(1);

  await page.goBack();
  await checkout.ready();
  await expect(checkout.cardInput("cc-number")).toHaveValue("");
  await expect(page.locator("[name=nightsafe_receipt]")).toHaveCount(0);
  await checkout.fill();
  await checkout.buy.click();
  const second = await onlyOrder(demo, checkout);
  expect(second.reference).not.toBe(first.reference);
  expect(second.deposit).not.toBe(first.deposit);
});

test("a script that sends the form without asking: the shop gets nothing that was typed", async ({ page, checkout }) => {
  await checkout.open();
  await checkout.fill();
  const sent = page.waitForRequest((request) => request.method() === "POST");
  await page.evaluate(() => HTMLFormElement.prototype.submit.call(document.querySelector("#order")));
  const body = Buffer.from((await sent).postData() ?? "");
  expect(findLeaks({ ...SHOPPER, country: "Germany" }, "the form", body)).toEqual([]);
  await expect(page.getByText("The order came without a receipt")).toBeVisible();
});
