// The admin's desk in the states that other tests pass by: by keyboard alone, on a phone, on paper, empty, locked, refused.

import type { Page } from "@playwright/test";
import { Admin } from "./support/admin.ts";
import { expectAccessible } from "./support/axe.ts";
import { SHOPPER } from "./support/checkout.ts";
import { fieldOf } from "./support/forger.ts";
import { honest, lyingOpenings } from "./support/liars.ts";
import { honestOrders } from "./support/swaps.ts";
import { expect, test } from "./support/test.ts";

const NUMBER = "4111 1111 1111 1111";
const CHARGE = "Charge the card";

test.afterEach(({ desk }) => honest(desk.page));

test("keyboard only: signing in, finding, opening, hiding, people, locking", async ({ checkout, admin, demo }) => {
  test.setTimeout(90_000);
  const { page } = admin;
  const { keyboard } = page;
  const { reference } = await checkout.purchase(SHOPPER, "mixed");
  const { user, passphrase } = demo.at.admin_login;
  const typed = async (label: string, text: string): Promise<void> => {
    await tabTo(page, label);
    await keyboard.type(text);
  };

  await page.goto(demo.at.admin);
  await expect(page.getByLabel("Passphrase")).toBeVisible();
  await typed("Name", user);
  await typed("Passphrase", passphrase);
  await keyboard.press("Enter");
  await expect(page.getByRole("search")).toBeVisible({ timeout: 60_000 });

  await test.step("a deposit is found and opened", async () => {
    await expect(async () => {
      await tabTo(page, "Order reference");
      await keyboard.press("Control+A");
      await keyboard.type(reference);
      const answered = page.waitForResponse((response) => response.url().endsWith("/v1/deposits/search"));
      await keyboard.press("Enter");
      await answered;
      await expect(admin.link(reference)).toBeVisible({ timeout: 500 });
    }).toPass({ timeout: 20_000 });
    await tabTo(page, reference);
    await keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1, name: reference })).toBeFocused();
    await tabTo(page, "Card");
    await keyboard.press("Space");
    await tabTo(page, "What do you need it for?");
    await keyboard.type(CHARGE);
    await tabTo(page, "Open 1 field");
    await keyboard.press("Enter");
    await expect(page.getByText(NUMBER)).toBeVisible();
  });
  await test.step("it is hidden, and the focus is where one goes on", async () => {
    await keyboard.press("Escape");
    await expect(admin.revealed).toHaveCount(0);
    await expect(page.getByRole("button", { name: "Open", exact: true })).toBeFocused();
  });
  await test.step("people, and back", async () => {
    await tabTo(page, "People");
    await keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1, name: "People" })).toBeFocused();
    await typed("Name", "Somebody New");
    await keyboard.press("Enter");
    await expect(page.getByLabel("Send this link to Somebody New")).toBeFocused();
    await tabTo(page, "All deposits");
    await keyboard.press("Enter");
    await expect(page.getByRole("search")).toBeVisible();
  });
  await test.step("locked, and unlocked", async () => {
    await tabTo(page, "Lock");
    await keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "Locked" })).toBeVisible();
    await typed("Passphrase", passphrase);
    await keyboard.press("Enter");
    await expect(page.getByRole("search")).toBeVisible({ timeout: 60_000 });
  });
});

for (const { what, options } of [
  { what: "light", options: {} },
  { what: "dark, on a phone", options: { colorScheme: "dark", viewport: { width: 360, height: 740 } } },
] as const) {
  test(`no violation, and nothing scrolls sideways, ${what}: a wrong passphrase, found, opened, exchanged, locked, on paper`, async ({ browser, demo }) => {
    test.setTimeout(90_000);
    const orders = await honestOrders(browser, demo);
    const context = await browser.newContext({ locale: "en-GB", ...options });
    const admin = new Admin(await context.newPage(), demo);
    const { page } = admin;
    const looksRight = async (state: string): Promise<void> => {
      await expectAccessible(page, `${state}, ${what}`);
      const width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(width, state).toBe(0);
    };
    await page.goto(demo.at.admin);
    await admin.credentials({ passphrase: "not the passphrase" });
    await expect(page.getByText("The name or the passphrase is not right.")).toBeVisible({ timeout: 30_000 });
    await looksRight("wrong passphrase");

    await admin.signIn();
    await admin.find({ reference: orders.visa.reference });
    await expect(admin.link(orders.visa.reference)).toBeVisible();
    await looksRight("found");
    await admin.deposit(orders.visa.reference);
    await admin.opened(["Card", "Address"], CHARGE);
    await looksRight("opened");

    await test.step("nothing that was opened goes onto paper", async () => {
      await page.emulateMedia({ media: "print" });
      await expect(page.getByText(NUMBER)).toBeHidden();
      await page.emulateMedia({ media: "screen" });
      await expect(page.getByText(NUMBER)).toBeVisible();
    });

    const [ours, theirs] = [fieldOf(orders.visa, "card"), fieldOf(orders.amex, "card")];
    await lyingOpenings(page, ({ rows, ...rest }) => ({
      ...rest,
      rows: rows.map((row) => (row.tag === ours.tag ? { ...row, envelope: theirs.envelope } : row)),
    }));
    await admin.deposit(orders.visa.reference);
    await admin.open(["Card"], CHARGE);
    await expect(admin.integrity.locator(".difference")).not.toHaveCount(0);
    await looksRight("a card that was exchanged");
    await honest(page);

    await page.getByRole("button", { name: "Log", exact: true }).click();
    await expect(page.getByRole("heading", { level: 2, name: /in the log, \d+ shown/ })).toBeVisible();
    await page.getByLabel("What", { exact: true }).selectOption({ label: "Removing somebody" });
    await expect(page.getByText("Nothing of this kind was recorded yet.")).toBeVisible();
    await looksRight("a log without such entries");
    await page.getByLabel("What", { exact: true }).selectOption({ label: "Everything" });
    await page.emulateMedia({ media: "print" });
    await expect(page.getByRole("row").nth(1)).toBeVisible();
    await expect(page.getByRole("button", { name: "Sign out" })).toBeHidden();
    await expect(page.getByLabel("What", { exact: true })).toBeHidden();
    await page.emulateMedia({ media: "screen" });

    await page.getByRole("button", { name: "Lock" }).click();
    await expect(page.getByRole("heading", { name: "Locked" })).toBeVisible();
    await looksRight("locked");
    await context.close();
  });
}

test("a vault that has nothing yet says so, and what comes next", async ({ desk }) => {
  const { page } = desk;
  await page.route("**/v1/deposits/search", async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...((await response.json()) as object), deposits: [], next: undefined } });
  });
  await desk.find({});
  await expect(page.getByText("No deposit has reached the vault yet.")).toBeVisible();
  await expectAccessible(page, "an empty vault");
});

/** Presses Tab until what has this label has the focus: the page has to lead there, and nothing may hold the focus. */
async function tabTo(page: Page, label: string): Promise<void> {
  for (let press = 0; press < 80; press += 1) {
    const words = await page.evaluate(() => {
      const active = document.activeElement as (HTMLElement & { labels?: NodeListOf<HTMLLabelElement> }) | null;
      return [active?.labels?.[0]?.textContent, active?.getAttribute("aria-label"), active?.textContent].find((text) => text)?.trim();
    });
    if (words === label) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no number of tabs leads to ${label}`);
}
