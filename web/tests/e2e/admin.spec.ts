// How opened values, and the keys that opened them, leave the admin's page again.

import type { Page } from "@playwright/test";
import { Admin } from "./support/admin.ts";
import { SHOPPER } from "./support/checkout.ts";
import { withRealTabs } from "./support/tabs.ts";
import { expect, test } from "./support/test.ts";

const NUMBER = "4111 1111 1111 1111";
const CHARGE = "Charge the card";

test("opened values hide after a minute, on Escape, and on lock", async ({ checkout, admin }) => {
  const { page } = admin;
  const { reference } = await checkout.purchase(SHOPPER, "mixed");
  await page.clock.install(); // of the whole context, and the shopper's clock is not in question
  await admin.signIn();
  await admin.deposit(reference);
  const number = page.getByText(NUMBER);
  const open = async (): Promise<void> => {
    await admin.open(["Card"], CHARGE);
    await expect(number).toBeVisible();
  };
  const hidden = async (): Promise<void> => {
    await expect(admin.revealed).toHaveCount(0);
    expect(await page.content()).not.toContain(NUMBER);
  };

  await test.step("after a minute, by themselves", async () => {
    await open();
    await page.clock.fastForward(50_000);
    await expect(page.getByText(/Hides in \d s/)).toBeVisible();
    await expect(number).toBeVisible();
    await page.clock.fastForward(11_000);
    await hidden();
  });
  await test.step("not before a minute after they were asked for again", async () => {
    await open();
    await page.clock.fastForward(50_000);
    await page.getByRole("button", { name: "Start the 60 s again" }).click();
    await page.clock.fastForward(50_000);
    await expect(number).toBeVisible();
    await page.clock.fastForward(11_000);
    await hidden();
  });
  await test.step("on Escape", async () => {
    await open();
    await page.keyboard.press("Escape");
    await hidden();
  });
  await test.step("on lock, and the way back is the passphrase", async () => {
    await open();
    await page.getByRole("button", { name: "Lock" }).click();
    await hidden();
    await expect(page.getByRole("heading", { name: "Locked" })).toBeVisible();
    await admin.credentials();
    await expect(page.getByRole("heading", { level: 1, name: reference })).toBeVisible();
    await hidden();
  });
  await test.step("ten minutes without a key or a click lock the page", async () => {
    await open();
    await page.clock.fastForward(601_000);
    await hidden();
    await expect(page.getByText("Nobody used this page for ten minutes")).toBeVisible();
  });
});

test("opened values hide when another tab comes to the front", async ({ checkout, demo, launchOptions }) => {
  const { reference } = await checkout.purchase(SHOPPER, "mixed");
  await withRealTabs(launchOptions, demo, async (context) => {
    const admin = new Admin(await context.newPage(), demo);
    await admin.signIn();
    await admin.deposit(reference);
    await admin.opened(["Card"], CHARGE);
    await expect(admin.page.getByText(NUMBER)).toBeVisible();
    const other = await context.newPage();
    await expect(admin.revealed).toHaveCount(0);
    expect(await admin.page.evaluate(() => document.visibilityState)).toBe("hidden");
    expect(await admin.page.content()).not.toContain(NUMBER);
    await other.close();
    await admin.page.bringToFront();
    await expect(admin.page.getByRole("heading", { level: 1, name: reference })).toBeVisible();
    await expect(admin.revealed).toHaveCount(0);
  });
});

test("signing out forgets the keys, ends the token, and leaves nothing behind", async ({ checkout, admin, demo }) => {
  const { page } = admin;
  const { reference } = await checkout.purchase(SHOPPER, "mixed");
  await admin.signIn();
  await admin.deposit(reference);
  await admin.opened(["Card", "Address"], "Ship the order");
  // The tab's half, and which deposit it is; the token is in a cookie that scripts do not see
  const { session, ...rest } = await stored(page);
  expect({ ...rest, session: {} }).toEqual(NOTHING);
  expect(Object.keys(session).sort()).toEqual(["nightsafe-place", "nightsafe-tab"]);
  expect(session["nightsafe-place"]).toMatch(new RegExp(`^[0-9a-f]{64} ${reference}$`));
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({ path: "/", httpOnly: true, secure: true, sameSite: "Strict", domain: "localhost" });
  expect(cookie?.name).toMatch(/^__Host-nightsafe-[0-9a-f]{16}$/);
  const proof = page.waitForRequest((request) => request.url().endsWith("/v1/log/record") && request.method() === "POST");
  expect(await page.title()).toBe("Deposit – Nightsafe");
  expect(new URL(page.url()).hash).toMatch(/^#\/deposit\/[0-9a-f]{64}$/);

  const out = page.waitForResponse((response) => response.url().endsWith("/v1/log/record")); // the sign-out is recorded
  await page.getByRole("button", { name: "Sign out" }).click();
  expect((await out).ok()).toBe(true);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  expect(await page.content()).not.toContain(reference);
  expect(await stored(page)).toEqual(NOTHING);
  expect(await page.context().cookies()).toEqual([]);
  const custody = new URL("/v1/custody", (await out).url()).href;
  const headers = {
    origin: new URL(demo.at.admin).origin,
    "nightsafe-tab": (await proof).headers()["nightsafe-tab"] ?? "",
    cookie: `${cookie?.name}=${cookie?.value}`,
  };
  expect((await page.request.get(custody, { headers })).status()).toBe(401);

  await test.step("the back button does not bring the deposit back", async () => {
    await page.goBack();
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    expect(await page.content()).not.toContain(reference);
  });
});

test("an opening needs a field and a purpose, and is listed afterwards", async ({ checkout, desk }) => {
  const { page } = desk;
  const { reference } = await checkout.purchase(SHOPPER, "mixed");
  await desk.deposit(reference);
  await expect(desk.history).toContainText("Nothing of this deposit was opened yet.");
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText(["Choose at least one field."]);
  await page.getByRole("checkbox", { name: "Phone" }).check();
  await page.getByRole("button", { name: "Open 1 field" }).click();
  await expect(page.getByText("Choose what you need it for. It is recorded with the opening.")).toBeVisible();
  expect(asked).toEqual([]);

  await desk.opened(["Phone"], "Contact the customer");
  await desk.opened(["Card", "Address"], "Answer a dispute");
  await expect(desk.history.getByRole("listitem")).toHaveText([/Answer a dispute.*Address, Card/s, /Contact the customer.*Phone/s]);
  await desk.deposit(reference); // as the vault tells it
  await expect(desk.history.getByRole("listitem")).toHaveCount(2);
});

test("a wrong passphrase, or a name that nobody has, is one and the same plain sentence", async ({ admin, demo }) => {
  const { page } = admin;
  await page.goto(demo.at.admin);
  const sentence = page.getByText("The name or the passphrase is not right. Type both again.");
  await admin.credentials({ passphrase: "not-the-passphrase" });
  await expect(sentence).toBeVisible();
  await expect(page.getByLabel("Passphrase")).toHaveValue("");
  await expect(page.getByLabel("Passphrase")).toBeFocused();
  const refused = page.waitForResponse((response) => response.url().includes("/v1/login/"));
  await admin.credentials({ user: "nobody" });
  await refused;
  await expect(page.getByLabel("Passphrase")).toHaveValue("");
  await expect(page.getByRole("button", { name: "Sign in" })).not.toHaveAttribute("aria-disabled", "true");
  await expect(sentence).toBeVisible();
  await expect(page.getByRole("search")).toHaveCount(0);
});

/** Nothing but where roster and audit log ended: numbers, hashes, and the public keys that they stand under. */
const NOTHING = {
  local: { "nightsafe-log": "KEY, SIZE, ROOT, SITE AND 3 SITE KEYS", "nightsafe-roster": "0 HEAD, SITE AND 3 SITE KEYS" },
  session: {} as Record<string, string>,
  databases: 0,
  caches: 0,
  cookies: "",
  windowName: "",
};

/** Everything in which a page of this origin could keep something. */
async function stored(page: Page): Promise<typeof NOTHING> {
  return page.evaluate(async () => ({
    local: Object.fromEntries(
      Object.entries(localStorage).map(([key, value]: [string, string]) => [
        key,
        value
          .replace(/^0 [0-9a-f]{64}\n/, "0 HEAD, ")
          .replace(/^[0-9a-f]{8} \d+ [0-9a-f]{64}\n/, "KEY, SIZE, ROOT, ")
          .replace(/site [a-z.]+(?:\nsite-key \S+){3}$/, "SITE AND 3 SITE KEYS"),
      ]),
    ) as { "nightsafe-log": string; "nightsafe-roster": string },
    session: Object.fromEntries(Object.entries(sessionStorage)) as Record<string, string>,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    cookies: document.cookie,
    windowName: window.name,
  }));
}
