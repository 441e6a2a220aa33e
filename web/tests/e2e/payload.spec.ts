// What one checkout weighs, counted in the browser: the files that really come, each as it is sent, beside the list that
// `cargo xtask test` holds against the budgets. A file more, or one that is sent uncompressed, is seen here.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Page } from "@playwright/test";
import { inGerman, withoutEd25519 } from "./support/browsers.ts";
import { Checkout, SHOPPER, type Mode } from "./support/checkout.ts";
import { OwnSite, XTASK } from "./support/own.ts";
import { expect, test } from "./support/test.ts";

/** As `cargo xtask payload` prints it. */
interface Weight {
  readonly what: string;
  readonly files: Readonly<Record<string, number>>;
  readonly budget: number;
}

let site: OwnSite;
let weights: readonly Weight[];

test.beforeAll(async ({ spare }) => {
  test.setTimeout(120_000);
  site = await OwnSite.start(spare); // whose first manifest names two data keys, as the demo's does
  const { stdout } = await promisify(execFile)(XTASK, ["payload", "--data-dir", site.data]);
  weights = JSON.parse(stdout) as readonly Weight[];
});

test.afterAll(() => site.dispose());

function weight(what: string): Weight {
  const found = weights.find((each) => each.what === what);
  if (found === undefined) throw new Error(`nothing is weighed by the name of ${what}`);
  return found;
}

/** Buys in a browser that was never there; bytes of each file from the fields origin, bodies as they came. */
async function bought(page: Page, mode: Mode): Promise<Record<string, number>> {
  const files: Record<string, number> = {};
  const counted: Promise<void>[] = [];
  page.on("response", (response) => {
    const url = new URL(response.url());
    if (url.origin !== site.at.fields) return;
    counted.push(
      (async () => {
        const name = url.pathname.slice(1) + url.search;
        const { responseBodySize } = await response.request().sizes();
        // Two witnesses: the browser's count, and what the server said
        expect(responseBodySize, name).toBe(Number(await response.headerValue("content-length")));
        files[name] = (files[name] ?? 0) + responseBodySize;
      })(),
    );
  });
  await new Checkout(page, site).purchase(SHOPPER, mode);
  await Promise.all(counted);
  return files;
}

function sum(files: Readonly<Record<string, number>>): number {
  return Object.values(files).reduce((total, bytes) => total + bytes, 0);
}

for (const mode of ["hosted", "inline", "mixed"] as const) {
  test(`one checkout, ${mode}: these files and no other, within the budget`, async ({ page }) => {
    const { files, budget } = weight("one checkout");
    const came = await bought(page, mode);
    expect(came).toEqual(files);
    expect(sum(came)).toBeLessThanOrEqual(budget);
    expect(budget, "48 KB").toBeLessThanOrEqual(48 * 1024);
  });
}

test("one checkout in a browser without Ed25519: within a budget of its own", async ({ page }) => {
  const { files, budget } = weight("one checkout with the portable module");
  await withoutEd25519(page);
  const came = await bought(page, "mixed");
  expect(came).toEqual(files);
  expect(sum(came)).toBeLessThanOrEqual(budget);
});

test("one checkout in German: its texts besides, within a budget of their own", async ({ page }) => {
  const texts = weight("language de, besides");
  await inGerman(page);
  const came = await bought(page, "mixed");
  expect(came).toEqual({ ...weight("one checkout").files, ...texts.files });
  expect(sum(texts.files)).toBeLessThanOrEqual(texts.budget);
});
