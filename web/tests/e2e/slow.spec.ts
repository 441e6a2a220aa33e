// A slow network, at the servers' end: the frame's process, the page's and the preflights all go through it.

import type { Request } from "@playwright/test";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import type { Passed, Shape } from "./support/line.ts";
import { OwnSite } from "./support/own.ts";
import { expect, test } from "./support/test.ts";

/** A bad mobile connection: 400 ms there and back, 400 kbit/s. */
const SHAPE: Shape = { roundTrip: 400, bytesPerSecond: 50 * 1024 };

/** When a request was on the line, in milliseconds, and what it brought. */
interface Timed {
  readonly name: string;
  readonly start: number;
  readonly first: number;
  readonly end: number;
  readonly sent: number;
  readonly received: number;
}

async function timed(request: Request): Promise<Timed> {
  const { startTime, requestStart, responseStart, responseEnd } = request.timing();
  const { requestBodySize: sent, responseBodySize: received } = await request.sizes();
  const name = `${request.method()} ${new URL(request.url()).pathname.slice(1)}`;
  return { name, start: startTime + requestStart, first: startTime + responseStart, end: startTime + responseEnd, sent, received };
}

/** Milliseconds that so many bytes take at least, after the way there and back. */
function least(bytes: number): number {
  return SHAPE.roundTrip + (bytes * 1000) / SHAPE.bytesPerSecond;
}

test("slow network: everything takes its time, the page says what it waits for, and the order goes through", async ({ page, spare }) => {
  test.setTimeout(120_000);
  const site = await OwnSite.start(spare, SHAPE);
  try {
    const requests: Promise<Timed>[] = [];
    page.on("requestfinished", (request) => {
      if ([site.at.fields, site.at.ingest].includes(new URL(request.url()).origin)) requests.push(timed(request));
    });
    const checkout = new Checkout(page, site);
    await checkout.open();
    await expect(checkout.card.getByText("The secure card fields are loading …")).toBeVisible();
    await checkout.ready();
    await expect(checkout.card.getByText("loading")).toHaveCount(0);
    const loaded = await Promise.all(requests);

    await checkout.fill();
    await checkout.buy.click();
    const { reference, deposit } = await checkout.ordered();
    expect((await site.deposits(reference)).map(({ deposit_id }) => deposit_id)).toEqual([deposit]);

    const all = await Promise.all(requests);
    for (const { name, start, first, end, sent, received } of all) {
      expect(first - start, name).toBeGreaterThanOrEqual(least(sent));
      expect(end - start, name).toBeGreaterThanOrEqual(least(sent + received));
    }
    // One after the other, because each is named in the one before; from the first to the last this is what it costs
    const chain = ["GET element-", "GET frame-", "GET loader-", "GET checkout-", "GET data-key-"].map((start) => {
      const found = loaded.filter(({ name }) => name.startsWith(start));
      expect(found, start).toHaveLength(1);
      return found[0] as Timed;
    });
    // By the line's one clock: what the browser says of two requests is joined by the time of day, and off by milliseconds
    const passed = chain.map(({ name }) => {
      const found = site.passed.filter((one) => one.name === name.replace(" ", " /"));
      expect(found, name).toHaveLength(1);
      return found[0] as Passed;
    });
    for (const [n, { name, asked }] of passed.slice(1).entries()) expect(asked, name).toBeGreaterThanOrEqual(passed[n]?.told ?? Infinity);
    const bytes = chain.reduce((sum, { received }) => sum + received, 0);
    const [from, to] = [chain.at(0)?.start ?? 0, chain.at(-1)?.end ?? 0];
    expect(to - from).toBeGreaterThanOrEqual(chain.length * SHAPE.roundTrip + (bytes * 1000) / SHAPE.bytesPerSecond);
    expect(to - from, "long enough that a shopper has to be told").toBeGreaterThan(2000);
    expect(all.filter(({ name }) => name === "POST v1/deposits")).toHaveLength(1);
  } finally {
    await site.dispose();
  }
});

test("a slow answer to the order: it says that it is working, and takes no second order meanwhile", async ({ page, demo, checkout }) => {
  const posts: string[] = [];
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(`${demo.at.ingest}/v1/deposits`, async (route) => {
    posts.push(route.request().method());
    await held;
    await route.continue();
  });
  await checkout.open();
  await checkout.fill(SHOPPER);
  await checkout.buy.click();
  await expect.poll(() => posts).toEqual(["POST"]);
  const status = checkout.card.getByRole("status");
  await expect(status).toHaveText("Encrypting your data …");
  // Screen readers hear it at once; who sees the page sees it when it takes long
  await expect.poll(async () => (await status.boundingBox())?.height).toBeGreaterThan(10);
  expect(await status.evaluate((element) => getComputedStyle(element).clipPath)).toBe("none");
  await checkout.buy.click();
  release();
  await checkout.ordered();
  expect(posts).toEqual(["POST"]);
});
