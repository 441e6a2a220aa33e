// New data keys and manifests, made with the real command while the site runs.

import type { Page, Request } from "@playwright/test";
import { SHOPPER } from "./support/checkout.ts";
import type { Wire } from "./support/forger.ts";
import { Site, dataKeys, hashOf } from "./support/site.ts";
import { expect, test } from "./support/test.ts";

const NUMBER = { Card: { Number: SHOPPER.number, Expires: "12 / 2029", "Name on card": SHOPPER.holder } };

/** The deposits that the page posts, as they are sent. */
function posted(page: Page): Wire[] {
  const deposits: Wire[] = [];
  page.on("request", (request: Request) => {
    if (request.method() === "POST" && request.url().endsWith("/v1/deposits")) deposits.push(request.postDataJSON() as Wire);
  });
  return deposits;
}

test("a new key is signed in: checkout goes on, deposits name the new manifest, the admin opens old and new", async ({
  page,
  demo,
  checkout,
  desk,
}) => {
  const site = new Site(demo);
  const deposits = posted(page);
  const before = await checkout.purchase(SHOPPER, "hosted");
  const key = await site.nextKey();
  const hash = await site.sign();
  const after = await checkout.purchase(SHOPPER, "hosted");

  const keys = dataKeys(site.manifest);
  expect(keys.map(({ id }) => id)).toContain(key);
  expect(keys.at(-1)?.id).toBe(key);
  expect(hash).toBe(hashOf(site.manifest));
  expect(deposits.map(({ manifest }) => manifest === hash)).toEqual([false, true]);
  // The new key's time has not come
  expect(deposits.map(({ key_id }) => key_id)).toEqual([keys[0]?.id, keys[0]?.id]);
  // Signed in before the rotation, or since: the admin sees that nothing was changed
  for (const { reference } of [before, after]) {
    await desk.deposit(reference);
    expect(await desk.differences()).toEqual([]);
    expect(await desk.opened(["Card"], "Charge the card")).toEqual(NUMBER);
  }
});

test("from its start on, the next key seals", async ({ page, demo, checkout }) => {
  const site = new Site(demo);
  const [, next] = dataKeys(site.manifest);
  if (next === undefined) throw new Error("the manifest names no next key");
  const then = new Date(next.start.getTime() + 3_600_000);
  const note = site.timestamp({ manifest: hashOf(site.manifest), until: new Date(then.getTime() + 86_400_000) });
  await page.route(`${demo.at.ingest}/v1/timestamp`, (route) =>
    route.fulfill({ body: note, headers: { "access-control-allow-origin": demo.at.fields } }),
  );
  await page.clock.setFixedTime(then);
  const deposits = posted(page);
  await checkout.open("hosted");
  await checkout.fill(SHOPPER, "hosted");
  await checkout.buy.click();
  // Ingest, which lives now, does not take what is to expire so late
  await expect(checkout.card.getByRole("alert")).not.toBeEmpty();
  expect(deposits.map(({ key_id }) => key_id)).toEqual([next.id]);
});

test("a page that was open through one new manifest, and one that was open through two", async ({ page, demo, checkout }) => {
  const site = new Site(demo);
  const deposits = posted(page);
  const first = hashOf(site.manifest);
  await checkout.open();
  await checkout.fill();
  await site.sign();
  await checkout.buy.click();
  await checkout.ordered();
  expect(deposits.map(({ manifest }) => manifest)).toEqual([first]); // the one before is still taken

  const second = hashOf(site.manifest);
  await checkout.open();
  await checkout.fill();
  await site.sign();
  const last = await site.sign();
  await checkout.buy.click();
  const order = await checkout.ordered();
  expect(deposits.slice(1).map(({ manifest }) => manifest)).toEqual([second, last]);
  expect(deposits.at(-1)?.id).toBe(order.deposit);
});
