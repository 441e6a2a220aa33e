// Playwright's `test` with one running demo per worker, and a page object for each person.

import { test as base } from "@playwright/test";
import { Admin } from "./admin.ts";
import { Checkout } from "./checkout.ts";
import { Demo } from "./demo.ts";

export { expect } from "@playwright/test";

/** Ports of the first worker's demo; each worker takes ten. Beside those of a demo that a person has running. */
const FIRST_PORT = 5800;

interface People {
  readonly checkout: Checkout;
  readonly admin: Admin;
}

export const test = base.extend<People, { readonly demo: Demo }>({
  demo: [
    async ({}, use, { parallelIndex }) => {
      const demo = await Demo.start(FIRST_PORT + 10 * parallelIndex);
      await use(demo);
      await demo.stop();
    },
    { scope: "worker", timeout: 300_000 },
  ],
  checkout: async ({ demo, page }, use) => use(new Checkout(page, demo)),
  admin: async ({ demo, context }, use) => use(new Admin(await context.newPage(), demo)),
});
