// Whether the list of admins is the current one: ingest's timestamp note says so, and the vault, which it keeps in check, cannot.

import type { Page } from "@playwright/test";
import { Admin } from "./support/admin.ts";
import { expectAccessible } from "./support/axe.ts";
import { Demo } from "./support/demo.ts";
import { Site, hashOf } from "./support/site.ts";
import { expect, test } from "./support/test.ts";

const HOUR = 3_600_000;

/** What ingest answers to the admin site from here on. */
async function answering(page: Page, demo: Demo, note: string): Promise<void> {
  await page.route(`${demo.at.ingest}/v1/timestamp`, (route) =>
    route.fulfill({ body: note, headers: { "access-control-allow-origin": new URL(demo.at.admin).origin } }),
  );
}

test("the very first note names the roster's head, and only the admin site and the frame may read it", async ({ demo, browser }) => {
  const context = await browser.newContext({ locale: "en-GB" });
  const admin = new Admin(await context.newPage(), demo);
  const asked = admin.page.waitForResponse(`${demo.at.ingest}/v1/timestamp`);
  await admin.signIn();
  const note = await (await asked).text();
  const kept = (await admin.page.evaluate(() => localStorage.getItem("nightsafe-roster"))) ?? "";
  const [, head = "none"] = /^0 ([0-9a-f]{64})\n/.exec(kept) ?? [];
  expect(note).toContain(`\nroster ${head}\n`);
  await expect(admin.page.getByRole("alert")).toHaveCount(0);
  const allowed = async (origin: string): Promise<string | null> =>
    (await fetch(`${demo.at.ingest}/v1/timestamp`, { headers: { origin } })).headers.get("access-control-allow-origin");
  for (const origin of [demo.at.admin, demo.at.fields].map((url) => new URL(url).origin)) expect(await allowed(origin)).toBe(origin);
  expect(await allowed(new URL(demo.at.shop).origin)).toBeNull();
  // The list itself has names in it, and is served by nobody to the public
  for (const path of ["/roster", "/v1/roster"]) expect((await fetch(demo.at.fields.replace(/\/$/, "") + path)).status).toBe(404);
  await context.close();
});

test("yesterday's roster is refused by a browser that was never there, and so is a note of somebody else", async ({
  browser,
  demo: _built,
  spare,
}) => {
  test.setTimeout(120_000);
  const demo = await Demo.start(spare); // whose vault has not counted other tests' sign-ins
  const site = new Site(demo);
  const until = new Date(Date.now() + 24 * HOUR);
  const manifest = hashOf(site.manifest);
  const later = "5a".repeat(32);
  const forged = site.timestamp({ manifest, until }).replace("— demo", "— dema");
  try {
    for (const [note, code] of [
      // The list has gone on, ingest knows it, and the vault shows what was there before
      [site.timestamp({ manifest, roster: later, until }), "roster_not_current"],
      // The vault keeps a manifest back that the site uses
      [site.timestamp({ manifest: later, roster: later, until }), "timestamp_refused"],
      [forged, "timestamp_refused"],
    ] as const) {
      const context = await browser.newContext({ locale: "en-GB" });
      const admin = new Admin(await context.newPage(), demo);
      await answering(admin.page, demo, note);
      await admin.page.goto(demo.at.admin);
      await admin.credentials();
      const alert = admin.page.getByRole("alert").filter({ hasText: code });
      await expect(alert).toContainText("may have been broken into", { timeout: 30_000 });
      await expect(admin.page.getByRole("search")).toHaveCount(0);
      expect(await admin.page.evaluate(() => localStorage.length), "nothing of it is remembered").toBe(0);
      await context.close();
    }
  } finally {
    await demo.stop();
  }
});

test("while ingest is off, admins work on and are told what is not known", async ({ browser, demo: _built, spare }) => {
  test.setTimeout(120_000);
  const demo = await Demo.start(spare);
  const context = await browser.newContext({ locale: "en-GB" });
  const admin = new Admin(await context.newPage(), demo);
  const { page } = admin;
  try {
    const timestamp = `${demo.at.ingest}/v1/timestamp`;
    const again = async () => {
      await page.getByRole("button", { name: "Sign out" }).click();
      await admin.signIn();
    };
    const off = () => page.route(timestamp, (route) => route.abort());
    await off();
    await admin.signIn();
    await expect(page.getByRole("alert")).toContainText("it was never confirmed to this browser before");
    await expectAccessible(page, "the list of admins is not confirmed");
    // To have seen it is no confirmation
    await again();
    await expect(page.getByRole("alert")).toContainText("it was never confirmed to this browser before");
    await page.unroute(timestamp);
    await again();
    await expect(page.getByRole("alert")).toHaveCount(0);
    // From then on it is known what was there before
    await off();
    await again();
    await expect(page.getByRole("alert")).toContainText("not older than the one that this browser saw last");
    // A clock that is wrong, or an ingest of before there was a roster, say as little
    for (const until of [new Date(Date.now() - 25 * HOUR), new Date(Date.now() + HOUR)]) {
      await page.unroute(timestamp);
      await answering(page, demo, new Site(demo).timestamp({ manifest: hashOf(new Site(demo).manifest), until }));
      await again();
      await expect(page.getByRole("alert")).toContainText("whether the list of admins is the current one");
    }
    await page.unroute(timestamp);
    await again();
    await expect(page.getByRole("alert")).toHaveCount(0);
  } finally {
    await context.close();
    await demo.stop();
  }
});
