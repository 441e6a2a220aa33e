// Playwright's `test` with one running demo per worker, and a page object for each person.

import { test as base } from "@playwright/test";
import { Admin } from "./admin.ts";
import { Checkout } from "./checkout.ts";
import { Demo } from "./demo.ts";

export { expect } from "@playwright/test";

/** Ports of the first worker's demo; each worker takes ten. Beside those of a demo that a person has running. */
const FIRST_PORT = Number(process.env["NIGHTSAFE_E2E_PORTS"] ?? 5800);

/** Where the ten ports start that a test has for a site or a demo of its own, one at a time. */
const FIRST_SPARE = FIRST_PORT + 1000;

/** The first start builds everything. */
const START_LIMIT = 15 * 60_000;

interface People {
  readonly checkout: Checkout;
  /** Not signed in. */
  readonly admin: Admin;
}

interface PerWorker {
  readonly demo: Demo;
  /** An admin who signed in once for all tests of the worker, because the vault limits how often one may. */
  readonly desk: Admin;
  /** Port base for a site or a demo of a test's own; what these are made of is built. */
  readonly spare: number;
}

export const test = base.extend<People, PerWorker>({
  demo: [
    async ({}, use, { parallelIndex }) => {
      const demo = await Demo.start(FIRST_PORT + 10 * parallelIndex);
      try {
        await use(demo);
      } finally {
        await demo.stop();
      }
    },
    { scope: "worker", timeout: START_LIMIT },
  ],
  desk: [
    async ({ demo, browser }, use) => {
      const context = await browser.newContext({ locale: "en-GB" });
      const desk = new Admin(await context.newPage(), demo);
      await desk.signIn();
      await use(desk);
      await context.close();
    },
    { scope: "worker", timeout: START_LIMIT },
  ],
  spare: [async ({ demo: _ }, use, { parallelIndex }) => use(FIRST_SPARE + 10 * parallelIndex), { scope: "worker", timeout: START_LIMIT }],
  checkout: async ({ demo, page }, use) => use(new Checkout(page, demo)),
  admin: async ({ demo, context }, use) => use(new Admin(await context.newPage(), demo)),
});
