// What `nightsafe snippet` prints, put into a page with the policy that it prints, and a checkout goes through.

import type { Page } from "@playwright/test";
import { SHOPPER } from "./support/checkout.ts";
import type { Demo } from "./support/demo.ts";
import { nightsafe } from "./support/site.ts";
import { expect, test } from "./support/test.ts";

interface Printed {
  readonly tag: string;
  /** Directives of the Content-Security-Policy. */
  readonly sources: string;
}

async function printed(demo: Demo): Promise<Printed> {
  const text = await nightsafe(["snippet", "--data-dir", demo.at.data_dir]);
  const tag = /^<script [^]*<\/nightsafe-card>$/m.exec(text)?.[0] ?? "";
  const sources = text.match(/^(?:script|frame)-src .*;$/gm) ?? [];
  expect(sources).toHaveLength(2);
  return { tag, sources: sources.join(" ") };
}

/** A page of the shop with nothing in it but the snippet, and nothing allowed by its policy but what the snippet says. */
async function shopWith(page: Page, demo: Demo, { tag, sources }: Printed): Promise<void> {
  const reference = /name="reference" value="([^"]+)"/.exec(await (await fetch(`${demo.at.shop}/checkout`)).text())?.[1] ?? "";
  const body = `<!doctype html><title>Shop</title>
    <form action="/orders" method="post"><input type="hidden" name="reference" value="${reference}">
    ${tag.replace("YOUR-ORDER-REFERENCE", reference)}
    <button>Place the order</button></form>`;
  // A page that a test answers for has no address, so the browser takes it for one of the public network
  await page.context().grantPermissions(["local-network-access"], { origin: demo.at.shop });
  await page.route(`${demo.at.shop}/checkout`, (route) =>
    route.fulfill({
      contentType: "text/html",
      headers: { "content-security-policy": `default-src 'none'; form-action 'self'; ${sources}` },
      body,
    }),
  );
  await page.goto(`${demo.at.shop}/checkout`);
}

test("the printed tag under the printed policy: the fields load, the order goes through", async ({ page, demo, checkout }) => {
  const violations: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") violations.push(message.text());
  });
  await shopWith(page, demo, await printed(demo));
  await checkout.fill(SHOPPER, "hosted");
  await expect(page.getByText("The card fields are loading.")).toHaveCount(0);
  expect(violations).toEqual([]);
  await checkout.buy.click();
  await checkout.ordered();
});

test("the printed tag with another hash: the script does not run, the shopper reads why, and the form stays", async ({ page, demo, checkout }) => {
  const { tag, sources } = await printed(demo);
  await shopWith(page, demo, { tag: tag.replace(/sha384-.{8}/, "sha384-AAAAAAAA"), sources });
  await expect(page.getByText("The card fields are loading. If they do not appear, please reload this page.")).toBeVisible();
  await checkout.buy.click();
  await page.evaluate(() => document.forms[0]?.requestSubmit());
  expect(await page.evaluate(() => document.forms[0]?.checkValidity())).toBe(false);
  await expect(page).toHaveURL(/\/checkout$/);
});
