// Shops' pages that hold what they embed by policies of their own: the checkout works in them.

import type { Page } from "@playwright/test";
import type { Demo } from "./support/demo.ts";
import { expect, test } from "./support/test.ts";

test.use({
  launchOptions: async ({ launchOptions }, use) => {
    // An answer that a test gives has no address, and browsers let such a page reach nothing on this machine
    await use({ ...launchOptions, args: [...(launchOptions.args ?? []), "--disable-features=LocalNetworkAccessChecks"] });
  },
});

/** The shop's checkout page with more headers. */
async function withHeaders(page: Page, demo: Demo, more: Readonly<Record<string, string>>): Promise<void> {
  await page.route(`${demo.at.shop}/checkout?*`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), ...more } });
  });
}

for (const policy of ["require-corp", "credentialless"]) {
  test(`a shop's page that is isolated by Cross-Origin-Embedder-Policy: ${policy}`, async ({ page, demo, checkout }) => {
    await withHeaders(page, demo, { "cross-origin-embedder-policy": policy, "cross-origin-opener-policy": "same-origin" });
    await checkout.open();
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await checkout.purchase(undefined, "hosted");
  });
}

test("a shop's page in a sandbox", async ({ page, demo, checkout }) => {
  await page.route(`${demo.at.shop}/checkout?*`, async (route) => {
    const response = await route.fetch();
    const csp = [response.headers()["content-security-policy"], "sandbox allow-scripts allow-same-origin allow-forms"].filter(Boolean).join("; ");
    await route.fulfill({ response, headers: { ...response.headers(), "content-security-policy": csp } });
  });
  await checkout.open();
  await expect(page.evaluate(() => window.open("about:blank") === null)).resolves.toBe(true); // it is one
  await checkout.purchase(undefined, "hosted");
});
