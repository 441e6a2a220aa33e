// Sessions of the admin site: what a reload keeps, what each part of a session is worth alone, and how they end.

import type { BrowserContext, Page } from "@playwright/test";
import { Admin } from "./support/admin.ts";
import { expectAccessible } from "./support/axe.ts";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import { Demo } from "./support/demo.ts";
import { expect, test } from "./support/test.ts";

const CHARGE = "Charge the card";
const NUMBER = "4111 1111 1111 1111";

/** One vault for all of it, whose limits of sign-in no other test uses up. */
test.describe.configure({ mode: "serial" });

let demo: Demo;
let context: BrowserContext;

test.beforeAll(async ({ demo: _built, spare }) => {
  test.setTimeout(120_000);
  demo = await Demo.start(spare);
});

test.afterAll(() => demo.stop());

test.beforeEach(async ({ browser }) => {
  context = await browser.newContext({ locale: "en-GB" });
});

test.afterEach(() => context.close());

const newAdmin = async (where = context): Promise<Admin> => new Admin(await where.newPage(), demo);

/** What goes to the vault from here on. */
function asked(page: Page): string[] {
  const paths: string[] = [];
  page.on("request", (request) => paths.push(new URL(request.url()).pathname));
  return paths;
}

test("a reload goes on where one was, without the passphrase, and opens", async () => {
  const { reference } = await new Checkout(await context.newPage(), demo).purchase(SHOPPER, "hosted");
  const admin = await newAdmin();
  const { page } = admin;
  await admin.signIn();
  await admin.deposit(reference);
  await admin.opened(["Card"], CHARGE);
  const paths = asked(page);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: reference })).toBeVisible({ timeout: 20_000 });
  await expect(admin.revealed).toHaveCount(0);
  expect(paths).toContain("/v1/session/resume");
  expect(paths.filter((path) => path.includes("/login/"))).toEqual([]);
  const opened = await admin.opened(["Card"], CHARGE);
  expect(opened["Card"]?.["Number"]).toBe(SHOPPER.number);

  await test.step("also on the account page and on the search", async () => {
    await page.getByRole("button", { name: "Account" }).click();
    await page.reload();
    await expect(page.getByRole("heading", { level: 1, name: "Account", exact: true })).toBeVisible({ timeout: 20_000 });
    await page.getByRole("link", { name: "All deposits" }).click();
    await page.reload();
    await expect(page.getByRole("search")).toBeVisible({ timeout: 20_000 });
  });
  await test.step("a new tab asks for the passphrase, and has a session of its own", async () => {
    const other = await newAdmin();
    await other.page.goto(demo.at.admin);
    await expect(other.page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await other.credentials();
    await expect(other.page.getByRole("search")).toBeVisible({ timeout: 30_000 });
    await other.page.getByRole("button", { name: "Sign out" }).click();
    await page.reload();
    await expect(page.getByRole("search")).toBeVisible({ timeout: 20_000 });
  });
  await test.step("while the vault does not answer, it is said, and the session is not given up", async () => {
    await page.route("**/v1/session/resume", (route) => route.abort());
    await page.reload();
    await expect(page.getByRole("alert")).toContainText("The vault does not answer");
    await expectAccessible(page, "a session that cannot go on yet");
    await page.unroute("**/v1/session/resume");
    await page.getByRole("button", { name: "Try again" }).click();
    await expect(page.getByRole("search")).toBeVisible({ timeout: 20_000 });
  });
});

test("neither cookie nor tab's storage unlocks anything alone", async ({ browser }) => {
  const admin = await newAdmin();
  await admin.signIn();
  const cookies = await context.cookies();
  const kept = await admin.page.evaluate(() => ({ ...sessionStorage }) as Record<string, string>);
  const asks = async (what: string, cookie: boolean, tab: boolean, unlocks: boolean): Promise<void> =>
    test.step(what, async () => {
      const thief = await browser.newContext();
      if (cookie) await thief.addCookies(cookies);
      const page = await thief.newPage();
      if (tab) await page.addInitScript((items) => Object.assign(sessionStorage, items), kept);
      await page.goto(demo.at.admin);
      const seen = unlocks ? page.getByRole("search") : page.getByRole("heading", { name: "Sign in" });
      await expect(seen).toBeVisible({ timeout: 20_000 });
      await thief.close();
    });
  await asks("the cookie in another browser", true, false, false);
  await asks("the tab's storage in another browser", false, true, false);
  // Both together are the session: the two before failed for want of the other part
  await asks("both", true, true, true);
});

test("a lock and sign-out leave nothing to go on with", async () => {
  const admin = await newAdmin();
  const { page } = admin;
  await page.clock.install();
  await admin.signIn();
  const kept = () => page.evaluate(() => Object.keys(sessionStorage));
  const idle = async (seconds: number): Promise<void> => {
    const out = page.waitForResponse((response) => response.url().endsWith("/v1/logout"));
    await page.clock.fastForward(seconds * 1000);
    expect((await out).status()).toBe(204);
    await expect(page.getByRole("heading", { name: "Locked" })).toBeVisible();
  };
  expect(await kept()).toEqual(["nightsafe-tab"]);
  await idle(601);
  expect(await kept()).toEqual([]);
  expect(await context.cookies()).toEqual([]);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  // A record of somebody whose clock is ten minutes ahead is not taken
  await page.clock.setSystemTime(new Date());

  await test.step("the time is the admin's own, and stays set", async () => {
    await admin.signIn();
    await page.getByRole("button", { name: "Account" }).click();
    const lock = page.getByRole("region", { name: "Lock" });
    await expect(lock.getByLabel("Lock after").locator("option")).toHaveText(["A minute", "Five minutes", "Ten minutes"]);
    await lock.getByLabel("Lock after").selectOption({ label: "A minute" });
    await expect(lock.getByRole("status")).toHaveText("This page locks after a minute without use.");
    await page.reload();
    await expect(lock.getByLabel("Lock after")).toHaveValue("60", { timeout: 20_000 });
    await idle(61);
    await expect(page.getByText("Nobody used this page for a minute")).toBeVisible();
    await admin.credentials();
    await expect(page.getByRole("search")).toBeVisible({ timeout: 30_000 });
    await page.getByRole("button", { name: "Account" }).click();
    await lock.getByLabel("Lock after").selectOption({ label: "Ten minutes" });
    await expect(lock.getByRole("status")).toContainText("ten minutes");
  });
});

test("sessions elsewhere are listed and ended", async ({ browser }) => {
  const admin = await newAdmin();
  const elsewhere = await browser.newContext({ locale: "en-GB" });
  const others = [await newAdmin(elsewhere), await newAdmin(elsewhere)];
  await admin.signIn();
  for (const other of others) await other.signIn();
  const { page } = admin;
  await page.getByRole("button", { name: "Account" }).click();
  const sessions = page.getByRole("region", { name: "Where you are signed in" });
  // Those of the tests before ended with them, or are among the others
  await expect(sessions.getByRole("listitem").filter({ hasText: "This tab" })).toHaveCount(1);
  const listed = await sessions.getByRole("listitem").count();
  expect(listed).toBeGreaterThanOrEqual(3);
  await expectAccessible(page, "account with sessions");
  await sessions.getByRole("button", { name: /^Sign out there/ }).first().click();
  await expect(sessions.getByRole("listitem")).toHaveCount(listed - 1);
  await expect(sessions.getByRole("heading")).toBeFocused();
  await sessions.getByRole("button", { name: "Sign out everywhere else" }).click();
  await expect(sessions.getByRole("listitem")).toHaveCount(1);
  await expect(sessions.getByRole("button", { name: "Sign out everywhere else" })).toBeHidden();
  for (const { page } of others) {
    await page.getByRole("search").getByRole("button", { name: "Find" }).click();
    await expect(page.getByRole("heading", { name: "Locked" })).toBeVisible();
    await expect(page.getByText("Your session has ended.")).toBeVisible();
    await page.reload();
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  }
  await page.getByRole("link", { name: "All deposits" }).click();
  await expect(page.getByRole("search")).toBeVisible();
  await elsewhere.close();
});

test("a page that is left holds no keys, and goes on when the back button brings it again", async () => {
  const { reference } = await new Checkout(await context.newPage(), demo).purchase(SHOPPER, "hosted");
  const admin = await newAdmin();
  const { page } = admin;
  await admin.signIn();
  await admin.deposit(reference);
  await admin.opened(["Card"], CHARGE);
  await page.evaluate(() => {
    addEventListener("pagehide", () => {
      // After the page's own listener: what a browser would keep for its back button
      sessionStorage.setItem("test-left", document.documentElement.outerHTML);
    });
  });
  await page.goto(demo.at.shop);
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: reference })).toBeVisible({ timeout: 20_000 });
  await expect(admin.revealed).toHaveCount(0);
  const left = await page.evaluate(() => sessionStorage.getItem("test-left") ?? "");
  expect(left).toContain("One moment");
  expect(left).not.toContain(NUMBER);
  expect(left).not.toContain(reference);

  await test.step("and so when the browser says that it kept the page", async () => {
    const out = page.waitForResponse((response) => response.url().endsWith("/v1/session/resume"));
    await page.evaluate(() => {
      dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
      dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    });
    expect((await out).status()).toBe(200);
    await expect(page.getByRole("heading", { level: 1, name: reference })).toBeVisible({ timeout: 20_000 });
    const opened = await admin.opened(["Card"], CHARGE);
    expect(opened["Card"]?.["Number"]).toBe(SHOPPER.number);
  });
});
