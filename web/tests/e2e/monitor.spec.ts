// The demo seen from outside: by the monitor on the thief page, and by the README's own command lines.

import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import type { Locator, Page } from "@playwright/test";
import { expectAccessible } from "./support/axe.ts";
import { Demo } from "./support/demo.ts";
import { Tampering, pinned, releaseOf } from "./support/published.ts";
import { fromOutside, typed } from "./support/readme.ts";
import { expect, test } from "./support/test.ts";

/** One of its own, of which nothing but what is done here has changed. */
let demo: Demo;

test.beforeAll(async ({ spare }) => {
  test.setTimeout(120_000);
  demo = await Demo.start(spare);
});

const tampering = new Tampering();

test.afterEach(() => tampering.undo());
test.afterAll(() => demo.stop());

const ROOT = resolve(import.meta.dirname, "../../..");
const PHONE = { width: 390, height: 844 };

function xtask(): [string, string[]] {
  const program = process.env["NIGHTSAFE_XTASK"];
  return program === undefined ? ["cargo", ["xtask"]] : [program, []];
}

/** The monitor's panel. */
function said(page: Page): Locator {
  return page.locator("#monitor").getByRole("status");
}

async function press(page: Page, name: string): Promise<void> {
  await page.goto(demo.at.thief);
  await page.getByRole("button", { name, exact: true }).click();
}

/** Red, green and blue of what the verdict's word stands on. */
async function colour(page: Page): Promise<readonly number[]> {
  const text = await said(page).locator(".word").evaluate((word) => getComputedStyle(word).backgroundColor);
  return [...text.matchAll(/\d+/g)].map(Number);
}

async function isGreen(page: Page): Promise<void> {
  await expect(said(page)).toContainText("OK");
  await expect(said(page)).toContainText("Exit status 0.");
  await expect(said(page).getByRole("listitem")).toHaveCount(0);
  const [red = 0, green = 0] = await colour(page);
  expect(green).toBeGreaterThan(red);
}

/** Red, with this finding. Nobody has to see the colour: the word is there, too. */
async function isRed(page: Page, verdict: string, words: readonly string[]): Promise<void> {
  await expect(said(page)).toContainText("CRITICAL");
  await expect(said(page)).toContainText("Exit status 2.");
  const item = said(page).getByRole("listitem").filter({ hasText: verdict });
  for (const word of words) await expect(item).toContainText(word);
  const [red = 0, green = 0, blue = 0] = await colour(page);
  expect(red).toBeGreaterThan(2 * Math.max(green, blue));
}

async function fits(page: Page): Promise<void> {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wider, "nothing sticks out").toBeLessThanOrEqual(0);
}

test("the thief page's buttons turn the monitor red, with the file or the header, and green again", async ({ page }) => {
  const { wasm } = await pinned(demo);
  await page.goto(demo.at.thief);
  await isGreen(page);
  await expectAccessible(page, "green");

  await press(page, "Flip one bit of the WASM");
  await isRed(page, "FOREIGN-WASM", [`${demo.at.fields}/${wasm}`]);
  await expectAccessible(page, "red");
  await page.setViewportSize(PHONE);
  await fits(page);
  await expectAccessible(page, "red, on a phone");
  await press(page, "Put the byte back");
  await isGreen(page);

  await press(page, "Strip Content-Security-Policy");
  await isRed(page, "HEADER-WEAKENED", ["Content-Security-Policy is missing", `${demo.at.fields}/`]);
  await fits(page);
  await press(page, "Put the header back");
  await isGreen(page);
});

test("texts of another language that were changed turn it red, too", async ({ page }) => {
  const file = (await releaseOf(demo)).texts["de"]?.file ?? "";
  tampering.text(demo.published(file), (text) => text.replace("Kartennummer", "Kontonummer"));
  await press(page, "Look now");
  await isRed(page, "UNSIGNED-CHANGE", [`${demo.at.fields}/${file}`]);
  tampering.undo();
  await press(page, "Look now");
  await isGreen(page);
});

test("a monitor that gets no answer is not red", async ({ page }) => {
  await press(page, "Cut the wire");
  try {
    await press(page, "Look now");
    await expect(said(page)).toContainText("UNKNOWN");
    await expect(said(page)).toContainText("UNREACHABLE");
    await expect(said(page)).toContainText("Exit status 3.");
    await expectAccessible(page, "unknown");
  } finally {
    await press(page, "Mend the wire");
  }
});

test("the bench of a check, once through: it says OK, and what is compared is there. No times", async () => {
  const [program, before] = xtask();
  const { stdout } = await promisify(execFile)(program, [...before, "bench", "check", "--json", "--runs", "1", "--running", demo.at.data_dir], { cwd: ROOT });
  const report = JSON.parse(stdout) as Record<"rounds" | "files", number> & Record<"check_ms" | "fetch_ms" | "ratio", { readonly median: number }>;
  expect(report.rounds).toBe(1);
  expect(report.files).toBeGreaterThan(5);
  for (const { median } of [report.check_ms, report.fetch_ms, report.ratio]) expect(median).toBeGreaterThan(0);
});

test("the README's commands, one after the other: each says what the README says", async ({ page }) => {
  test.setTimeout(120_000);
  const { check, publish, steps } = fromOutside();
  const { wasm } = await pinned(demo);
  expect(steps.map(({ exit }) => exit)).toEqual(expect.arrayContaining([0, 1, 2]));
  for (const { buttons, publishes, words, exit } of steps) {
    for (const button of buttons) await press(page, button);
    if (publishes) expect(await typed(publish, demo)).toMatchObject({ exit: 0 });
    const told = await typed(check, demo);
    for (const word of words) expect(told.said).toContain(word);
    if (words.includes("FOREIGN-WASM")) expect(told.said).toContain(wasm);
    expect(told.exit, told.said).toBe(exit);
  }
  // Somebody else's monitor is told of the release, too
  await press(page, "Look now");
  await expect(said(page)).toContainText("WARNING");
  await expect(said(page)).toContainText("SIGNED-NEW");
  await press(page, "Look now");
  await isGreen(page);
});
