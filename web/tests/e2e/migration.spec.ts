// A site from before identities and a roster: it works on, and comes to them with two sign-ins and one command.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Admin } from "./support/admin.ts";
import { expectAccessible } from "./support/axe.ts";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import { Demo } from "./support/demo.ts";
import { Site, nightsafe } from "./support/site.ts";
import { expect, test } from "./support/test.ts";

const FIXTURE = join(import.meta.dirname, "fixtures/passphrase-site.tar.gz");
const PORT_BASE = 6890;
const CARD = { Card: { Number: SHOPPER.number, Expires: "12 / 2029", "Name on card": SHOPPER.holder } };

interface Custody {
  readonly keys: readonly { readonly grants: readonly string[]; readonly items: readonly unknown[] }[];
}

/** What the vault hands to a browser that signs in, and which addresses it posts to then. */
async function signedIn(admin: Admin): Promise<{ readonly custody: Custody; readonly posted: readonly string[] }> {
  const posted: string[] = [];
  admin.page.on("request", (request) => request.method() === "POST" && posted.push(new URL(request.url()).pathname));
  const answer = admin.page.waitForResponse((response) => response.url().endsWith("/v1/custody") && response.ok());
  await admin.signIn();
  return { custody: (await (await answer).json()) as Custody, posted };
}

test("a site under one passphrase comes to identity, roster and grants, and everything opens all the time", async ({
  browser,
  demo: _built,
}) => {
  test.setTimeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), "nightsafe-e2e-"));
  expect(spawnSync("tar", ["-xzf", FIXTURE, "-C", folder]).status).toBe(0);
  const data = join(folder, "data");
  const keys = [1, 3].flatMap((n) => ["--site-key", join(`${data}.offline`, `site-keys/site-key-${n}.key`)]);
  const sitePassphrase = readFileSync(join(`${data}.offline`, "site-passphrase"), "utf8");
  // Its manifest is as old as the fixture
  await nightsafe(["keys", "sign", "--data-dir", data, ...keys, "--site-passphrase-fd", "3"], sitePassphrase);
  // Nor had it a log: its key comes with this version, before the admin site is built
  await nightsafe(["keys", "log", "--data-dir", data]);
  const demo = await Demo.start(PORT_BASE, folder);
  const context = await browser.newContext({ locale: "en-GB" });
  try {
    const person = async (): Promise<Admin> => new Admin(await context.newPage(), demo);
    const { reference } = await new Checkout(await context.newPage(), demo).purchase(SHOPPER, "hosted");
    const opens = async (admin: Admin): Promise<void> => {
      await admin.deposit(reference);
      expect(await admin.opened(["Card"], "Charge the card")).toEqual(CARD);
    };

    // The first sign-in makes an identity, and shows the words by which it is known
    const first = await person();
    const before = await signedIn(first);
    expect(before.posted).toContain("/v1/identity");
    expect(before.custody.keys.map(({ grants, items }) => [grants.length, items.length])).toEqual([[0, 2], [0, 2]]);
    const note = first.page.getByRole("alert");
    await expect(note).toContainText("nightsafe roster begin");
    await expectAccessible(first.page, "the note with the words");
    const words = /with you: ([a-z ]+)\./.exec((await note.textContent()) ?? "")?.[1] ?? "";
    expect(words.split(" ")).toHaveLength(12);
    await opens(first);
    // A reload asks for the passphrase: nothing opens without it yet
    await first.page.reload();
    await expect(first.page.getByRole("heading", { name: "Sign in" })).toBeVisible();

    // The operator compares, and the site keys sign that identity
    const id = (await nightsafe(["roster", "begin", "--data-dir", data])).trim();
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    await nightsafe(
      ["roster", "begin", "--data-dir", data, "--identity", id, ...keys, "--site-passphrase-fd", "3"],
      sitePassphrase,
    );
    const people = JSON.parse(await nightsafe(["roster", "list", "--json", "--data-dir", data])) as { words: string }[];
    expect(people.map((each) => each.words)).toEqual([words]);

    // The second sign-in grants what the passphrase opened
    const second = await person();
    const between = await signedIn(second);
    expect(between.posted).toContain("/v1/grants");
    expect(between.posted).not.toContain("/v1/identity");
    const alerts = second.page.getByRole("alert");
    await expect(alerts.filter({ hasText: "nightsafe roster begin" })).toHaveCount(0);
    await expect(alerts.filter({ hasText: "Openings are not in a log yet" })).toHaveCount(1);
    await opens(second);

    // From then on the sign-in alone unlocks
    const third = await person();
    const after = await signedIn(third);
    expect(after.posted.filter((path) => !path.endsWith("/search"))).toEqual(["/v1/login/start", "/v1/login/finish", "/v1/session/identity"]);
    expect(after.custody.keys.map(({ grants }) => grants.length)).toEqual([2, 2]);
    await opens(third);

    // And a new data key is granted like these
    const site = new Site(demo);
    const key = await site.nextKey();
    await site.sign();
    const fourth = await person();
    const { custody } = await signedIn(fourth);
    expect(custody.keys.filter(({ items }) => items.length === 0)).toHaveLength(1);
    expect(custody.keys.every(({ grants }) => grants.length === 2)).toBe(true);
    expect(key).toMatch(/^[0-9a-f]{32}$/);
    await opens(fourth);

    // The site keys name an audit key, which the running vault takes over
    await nightsafe(
      ["keys", "audit", "--data-dir", data, ...keys, "--site-passphrase-fd", "3", "--passphrase-fd", "3"],
      `${sitePassphrase.trim()}\n`.repeat(2) + `${demo.at.admin_login.passphrase}\n`,
    );
    const fifth = await person();
    const recorded = await signedIn(fifth);
    expect(recorded.posted).toContain("/v1/log/record");
    await expect(fifth.page.getByRole("alert")).toHaveCount(0);
    await opens(fifth);
    await fifth.page.getByRole("button", { name: "Log" }).click();
    await expect(fifth.page.getByRole("row").nth(1)).toContainText("Opened card");
  } finally {
    await context.close();
    await demo.stop();
  }
});

test("a roster that the site keys did not begin is refused at sign-in, and said", async ({ admin, demo }) => {
  for (const [answer, code] of [
    [{ entries: ["no note"], identities: [] }, "roster_refused"],
    // Taken away whole: the timestamp note names a list
    [{ entries: [], identities: [] }, "roster_not_current"],
  ] as const) {
    await admin.page.route("**/v1/roster", (route) =>
      route.fulfill({
        json: answer,
        headers: { "access-control-allow-origin": new URL(demo.at.admin).origin, "access-control-allow-credentials": "true" },
      }),
    );
    await admin.page.goto(demo.at.admin);
    await admin.credentials();
    const alert = admin.page.getByRole("alert").filter({ hasText: code });
    await expect(alert).toBeVisible({ timeout: 60_000 });
    await expect(admin.page.getByRole("search")).toHaveCount(0);
  }
});

test("a roster that is older than the one that this browser has seen, or another one, is refused", async ({
  browser,
  demo: _built,
  spare,
}) => {
  test.setTimeout(120_000);
  const demo = await Demo.start(spare); // whose vault has not counted other tests' sign-ins
  const context = await browser.newContext({ locale: "en-GB" });
  const admin = new Admin(await context.newPage(), demo);
  const { page } = admin;
  await admin.signIn();
  const KEY = "nightsafe-roster";
  const seen = (await page.evaluate((key) => localStorage.getItem(key), KEY)) ?? "";
  const [, head = "", keys = ""] = /^0 ([0-9a-f]{64})\n([^]+)$/.exec(seen) ?? [];
  const other = head.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
  for (const [kept, code] of [
    [`1 ${head}\n${keys}`, "roster_rolled_back"],
    [`0 ${other}\n${keys}`, "roster_forked"],
    // Of another site that was at this address
    [`1 ${other}\n${keys}x`, undefined],
    ["no such thing", undefined],
  ] as const) {
    await page.goto(demo.at.admin);
    await page.evaluate(
      ([key, text]) => {
        localStorage.setItem(key, text);
        sessionStorage.clear(); // as another tab
      },
      [KEY, kept] as const,
    );
    await page.reload();
    await admin.credentials();
    if (code === undefined) {
      await expect(page.getByRole("search")).toBeVisible({ timeout: 30_000 });
    } else {
      await expect(page.getByRole("alert").filter({ hasText: code })).toContainText("may have been broken into", { timeout: 30_000 });
      await expect(page.getByRole("search")).toHaveCount(0);
    }
  }
  expect(await page.evaluate((key) => localStorage.getItem(key), KEY), "and a good one is remembered").toBe(seen);
  await context.close();
  await demo.stop();
});
