// The audit log as admins see it, and what a vault could try with it.

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { Admin } from "./support/admin.ts";
import { expectAccessible } from "./support/axe.ts";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import { Demo } from "./support/demo.ts";
import { honest } from "./support/liars.ts";
import { joins, People } from "./support/people.ts";
import { expect, test } from "./support/test.ts";

interface Entries {
  readonly entries: readonly { readonly number: number; readonly sealed: string }[];
  readonly log: unknown;
}

const CHARGE = "Charge the card";
const DISTRUST = "The audit log that the vault shows is not the one that this browser has seen before";

async function log(page: Page): Promise<Locator> {
  await page.getByRole("button", { name: "Log", exact: true }).click();
  await expect(page.getByRole("heading", { level: 2, name: /in the log, \d+ shown/ })).toBeVisible();
  return page.getByRole("row");
}

test.afterEach(({ desk }) => honest(desk.page));

test("an opening is in the log: who, what, which deposit, what for", async ({ checkout, desk }) => {
  const { page } = desk;
  const { reference } = await checkout.purchase(SHOPPER, "mixed");
  await desk.deposit(reference);
  const id = new URL(page.url()).hash.split("/").at(-1) ?? "";
  await desk.opened(["Card", "Address"], CHARGE);
  const rows = await log(page);
  await expect(rows.nth(1)).toContainText(/admin \(you\).*Opened address, card/s);
  await expect(rows.nth(1)).toContainText(id.slice(0, 12));
  await expect(rows.nth(1)).toContainText(CHARGE);
  await expect(rows.nth(2)).toContainText("Searched by order reference");
  await expect(page.getByText(SHOPPER.number)).toHaveCount(0);
  await expect(page).toHaveTitle("Audit log – Nightsafe");
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await expectAccessible(page, `log, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: null });

  await test.step("one kind, one person", async () => {
    await page.getByLabel("What", { exact: true }).selectOption({ label: "Signing in" });
    await expect(rows.nth(1)).toContainText("Signed in");
    await expect(page.getByText("Searched by")).toHaveCount(0);
    await page.getByLabel("What", { exact: true }).selectOption({ label: "Removing somebody" });
    await expect(page.getByText("Nothing of this kind was recorded yet.")).toBeVisible();
    await page.getByLabel("What", { exact: true }).selectOption({ label: "Everything" });
    await page.getByLabel("Who", { exact: true }).selectOption({ label: "admin" });
    await expect(rows.nth(1)).toContainText("Opened address, card");
  });
  await test.step("on a phone", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await page.setViewportSize({ width: 1280, height: 720 });
  });
  await page.getByRole("link", { name: "All deposits" }).click();
});

test("what a vault edits or exchanges is shown as not to be believed, what it leaves out is seen to be missing", async ({ desk }) => {
  const { page } = desk;
  await desk.find({ reference: "first" });
  await desk.find({ reference: "second" });
  const alter = async (change: (answer: Entries) => unknown): Promise<Locator> => {
    await page.unrouteAll({ behavior: "wait" });
    await page.route("**/v1/log/entries", async (route) => {
      if (route.request().method() !== "POST") return route.fallback();
      const response = await route.fetch();
      const answer = (await response.json()) as Entries;
      await route.fulfill({ response, json: answer.entries.length < 2 ? answer : change(answer) });
    });
    return log(page);
  };
  const exchanged = await alter(({ entries, log: proofs }) => {
    const [last, before, ...rest] = [...entries].reverse();
    const swapped = [{ ...last, sealed: before?.sealed }, { ...before, sealed: last?.sealed }, ...rest].reverse();
    return { entries: swapped, log: proofs };
  });
  await expect(exchanged.nth(1)).toContainText("Do not believe this entry.");
  await expect(exchanged.nth(2)).toContainText("Do not believe this entry.");
  await expectAccessible(page, "entries that do not verify");
  const reordered = await alter(({ entries, log: proofs }) => {
    const [last, before, ...rest] = [...entries].reverse();
    const swapped = [{ ...last, number: before?.number }, { ...before, number: last?.number }, ...rest].reverse();
    return { entries: swapped, log: proofs };
  });
  await expect(reordered.nth(1)).toContainText("It is not what the log holds in its place.");
  const dropped = await alter(({ entries, log: proofs }) => {
    const kept = proofs as { readonly entries: readonly unknown[] };
    return { entries: entries.slice(0, -1), log: { ...kept, entries: kept.entries.slice(0, -1) } };
  });
  await expect(dropped.nth(1)).toContainText("No entry is kept here any more.");
  await expect(dropped.nth(2)).toContainText("Searched by");
});

test("no proof, no value: an opening that the vault does not show in its log", async ({ checkout, desk }) => {
  const { page } = desk;
  const { reference } = await checkout.purchase(SHOPPER, "mixed");
  for (const change of [() => undefined, (proof: object) => ({ ...proof, entries: [] })]) {
    await desk.deposit(reference);
    await page.route("**/v1/openings", async (route) => {
      if (route.request().method() !== "POST") return route.fallback();
      const response = await route.fetch();
      const { log: proof, ...answer } = (await response.json()) as { readonly log: object };
      await route.fulfill({ response, json: { ...answer, log: change(proof) } });
    });
    await desk.open(["Card"], CHARGE);
    await expect(page.getByRole("alert").filter({ hasText: DISTRUST })).toBeVisible();
    await expect(desk.revealed).toHaveCount(0);
    await expect(page.getByText(SHOPPER.number)).toHaveCount(0);
    await honest(page);
    await page.getByRole("button", { name: "Dismiss" }).click();
  }
});

test("a wrong clock is said, and set right everything goes on", async ({ demo, browser }) => {
  const context = await browser.newContext({ locale: "en-GB" });
  try {
    const admin = new Admin(await context.newPage(), demo);
    await admin.page.clock.setFixedTime(Date.now() + 6 * 60_000);
    await admin.page.goto(demo.at.admin);
    await admin.credentials();
    await expect(admin.page.getByRole("alert").filter({ hasText: "Set the clock to the right time" })).toBeVisible({ timeout: 60_000 });
    await expect(admin.page.getByRole("search")).toHaveCount(0);
    await admin.page.clock.setFixedTime(Date.now());
    await admin.credentials();
    await expect(admin.page.getByRole("search")).toBeVisible({ timeout: 60_000 });
  } finally {
    await context.close();
  }
});

test("after a reload all goes on into the log, and the sign-in is there once", async ({ browser, demo: _built, spare }) => {
  test.setTimeout(120_000);
  const demo = await Demo.start(spare);
  const context = await browser.newContext({ locale: "en-GB" });
  try {
    const { reference } = await new Checkout(await context.newPage(), demo).purchase(SHOPPER, "hosted");
    const admin = new Admin(await context.newPage(), demo);
    const { page } = admin;
    await admin.signIn();
    await log(page);
    await page.reload();
    await expect(page.getByRole("heading", { level: 1, name: "Audit log" })).toBeVisible({ timeout: 20_000 });
    await page.getByRole("link", { name: "All deposits" }).click();
    await admin.deposit(reference);
    await page.reload();
    await expect(page.getByRole("heading", { level: 1, name: reference })).toBeVisible({ timeout: 20_000 });
    await admin.opened(["Card"], CHARGE);
    const rows = await log(page);
    await expect(rows.nth(1)).toContainText(/admin \(you\).*Opened card/s);
    await page.getByLabel("What", { exact: true }).selectOption({ label: "Signing in" });
    await expect(rows).toHaveCount(2);
    await expect(page.getByText("Do not believe")).toHaveCount(0);
  } finally {
    await context.close();
    await demo.stop();
  }
});

test("who comes in reads the log, and the log says who came, what was granted, and who went", async ({ browser, demo: _built, spare }) => {
  test.setTimeout(240_000);
  const ben = { user: "ben", passphrase: "entirely my own words" };
  const demo = await Demo.start(spare);
  const contexts = await Promise.all([browser.newContext({ locale: "en-GB" }), browser.newContext({ locale: "en-GB" })]);
  try {
    const [admin, other] = [new Admin(await contexts[0].newPage(), demo), new Admin(await contexts[1].newPage(), demo)];
    await admin.signIn();
    const people = new People(admin);
    await people.open();
    const words = await joins(other.page, await people.invite(ben.user), ben.passphrase);
    await people.page.getByRole("button", { name: "Look again" }).click();
    await people.sign(people.entry("Waiting for you", ben.user), words, /^Sign/);
    await people.says("ben is on the list now.");
    const rows = await log(admin.page);
    await expect(rows.filter({ hasText: /admin \(you\).*Granted a key to ben/s })).toHaveCount(3);
    await expect(rows.filter({ hasText: /admin \(you\).*Signed a change of the list of admins/s })).toHaveCount(1);

    await other.page.goto(demo.at.admin);
    await other.credentials(ben);
    await expect(other.page.getByRole("search")).toBeVisible({ timeout: 30_000 });
    const read = await log(other.page);
    // Not the last entry: deposits were listed meanwhile, or are being listed
    await expect(read.filter({ hasText: /ben \(you\).*Signed in/s })).toHaveCount(1);
    await expect(read.filter({ hasText: "Granted a key to ben (you)" })).toHaveCount(3);
    await expect(other.page.getByText("Do not believe")).toHaveCount(0);

    await people.open();
    await (await people.act(ben.user, "Remove")).getByRole("button", { name: "Remove ben" }).click();
    await people.says("ben was removed.");
    await log(admin.page);
    await expect(rows.filter({ hasText: /admin \(you\).*Removed ben/s })).toHaveCount(1);
    await expect(rows.filter({ hasText: /ben.*Signed in/s })).toHaveCount(1);
    await expect(admin.page.getByText("Do not believe")).toHaveCount(0);
  } finally {
    for (const context of contexts) await context.close();
    await demo.stop();
  }
});

test("a log that root cut off, or wrote anew, is refused by whoever has seen it", async ({ browser, demo: _built, spare }) => {
  test.setTimeout(180_000);
  let demo = await Demo.start(spare);
  const folder = demo.written;
  const old = mkdtempSync(join(tmpdir(), "nightsafe-old-"));
  const context = await browser.newContext({ locale: "en-GB" });
  const stranger = await browser.newContext({ locale: "en-GB" });
  const database = ["vault.db", "vault.db-wal", "vault.db-shm"].map((name) => demo.path(name));
  const again = async (): Promise<void> => void (demo = await Demo.start(spare, folder));
  const refused = async (): Promise<void> => {
    const admin = new Admin(await context.newPage(), demo);
    await admin.page.goto(demo.at.admin);
    await admin.credentials();
    await expect(admin.page.getByRole("alert").filter({ hasText: DISTRUST })).toBeVisible({ timeout: 60_000 });
    await expect(admin.page.getByRole("search")).toHaveCount(0);
    await admin.page.close();
  };
  try {
    const { reference } = await new Checkout(await context.newPage(), demo).purchase(SHOPPER, "hosted");
    const first = new Admin(await context.newPage(), demo);
    await first.signIn();
    await first.deposit(reference);
    await demo.end("SIGTERM");
    cpSync(demo.path("vault.db"), join(old, "vault.db"));
    await again();
    const second = new Admin(await context.newPage(), demo);
    await second.signIn();
    await second.deposit(reference);
    await second.opened(["Card"], CHARGE);

    // As it was before the opening: every signature in it is good
    await demo.end("SIGTERM");
    for (const file of database) rmSync(file, { force: true });
    cpSync(join(old, "vault.db"), demo.path("vault.db"));
    await again();
    await refused();
    // And grown again, longer than it was
    const other = new Admin(await stranger.newPage(), demo);
    await other.signIn();
    for (let search = 0; search < 6; search += 1) await other.find({ reference });
    await refused();
  } finally {
    await context.close();
    await stranger.close();
    await demo.stop();
    rmSync(old, { recursive: true, force: true });
  }
});
