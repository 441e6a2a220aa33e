// Somebody leaves: his keys are discarded by the next ceremony, and what he could open is sealed anew, with an interruption.

import type { Locator, Page } from "@playwright/test";
import { Admin } from "./support/admin.ts";
import { expectAccessible } from "./support/axe.ts";
import { AMEX, Checkout, SHOPPER } from "./support/checkout.ts";
import { daysFromNow } from "./support/days.ts";
import { Demo } from "./support/demo.ts";
import { joins, People } from "./support/people.ts";
import { dataKeys, nightsafe, Site } from "./support/site.ts";
import { expect, test } from "./support/test.ts";

const BEN = "ben";
const CARD = { Card: { Number: SHOPPER.number, Expires: "12 / 2029", "Name on card": SHOPPER.holder } };

/** Which data keys the sealed fields in the vault's database are sealed to. */
async function keysIn(demo: Demo): Promise<string[]> {
  const sets = await nightsafe(["db", "anonymity", "--database-url", `sqlite:${demo.path("vault.db")}`]);
  return [...new Set([...sets.matchAll(/ ([0-9a-f]{32}) /g)].map(([, id = ""]) => id))];
}

/** As a vault answers that has destroyed the items of these keys. It does so after 72 hours of its own clock; crates/vault has the test. */
async function vaultSaysPurged(page: Page, ids: readonly string[]): Promise<void> {
  await page.route(/\/v1\/custody$/, async (route) => {
    const response = await route.fetch();
    const custody = (await response.json()) as { readonly keys: readonly { readonly key_id: string }[] };
    const purged = ids.map((key_id) => ({ key_id, at: Math.floor(Date.now() / 1000) }));
    // One that seals is still kept, whatever is said
    const keys = custody.keys.filter(({ key_id }) => !ids.slice(0, -1).includes(key_id));
    await route.fulfill({ response, json: { ...custody, keys, purged } });
  });
}

test("Ben leaves: what is due is said, his keys go, and what he could open is sealed anew, after the vault was killed in the middle of it", async ({
  browser,
  demo: _built,
  spare,
}) => {
  test.setTimeout(180_000);
  let demo = await Demo.start(spare);
  const dark = { locale: "en-GB", colorScheme: "dark", viewport: { width: 360, height: 740 } } as const;
  const [context, elsewhere] = [await browser.newContext(dark), await browser.newContext({ locale: "en-GB" })];
  try {
    const checkout = new Checkout(await elsewhere.newPage(), demo);
    const { reference } = await checkout.purchase(SHOPPER);
    await checkout.purchase(AMEX, "hosted");
    const admin = new Admin(await context.newPage(), demo);
    const { page } = admin;
    await admin.signIn();
    const people = new People(admin);
    await people.open();
    const words = await joins(await elsewhere.newPage(), await people.invite(BEN), "entirely my own words");
    await page.getByRole("button", { name: "Look again" }).click();
    await people.sign(people.entry("Waiting for you", BEN), words, /^Sign/);
    await people.says("ben is on the list now.");
    await expect(page.getByRole("region", { name: "To be done now" })).toHaveCount(0);

    // He goes, and knows every key that is signed
    await (await people.act(BEN, "Remove")).getByRole("button", { name: "Remove ben" }).click();
    await people.says("ben was removed.");
    const now = page.getByRole("region", { name: "To be done now" });
    await expect(now).toContainText("Somebody who has left can open what is sealed now");
    await expectAccessible(page, "somebody was removed");
    await now.getByRole("button", { name: "Keys and epochs" }).click();
    const left = page.getByRole("region", { name: "What people who have left could open" });
    await expect(page.getByRole("region", { name: "What is due" })).toContainText("nightsafe keys propose");
    await expect(left).toContainText("2 deposits could still be opened");
    await expect(left).toContainText("First another data key has to take over");
    await expect(left.getByRole("button")).toHaveCount(0);
    const old = dataKeys(new Site(demo).manifest);
    await expect(page.locator(`[data-key="${old[0]?.id ?? ""}"]`)).toContainText("2 deposits sealed to it.");
    await expectAccessible(page, "keys that somebody who has left knows");

    const shown = await new Site(demo).ceremony();
    expect(shown).toContain(`${old[0]?.id ?? ""}   SEALS NO MORE from now on`);
    expect(shown).toContain(`${old[1]?.id ?? ""}   DISCARDED before its start`);
    const fresh = dataKeys(new Site(demo).manifest);
    expect(fresh.filter(({ id }) => old.some((one) => one.id === id))).toEqual([]);
    await page.getByRole("button", { name: "Keys" }).click();
    await expect(page.getByRole("region", { name: "What is due" })).toContainText("Nothing.");

    // Killed when everything is sealed and nothing is kept yet: the vault has handed out, and written down that it did
    const held = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/v1/reseal"));
    await page.route(/\/v1\/reseal$/, (route) => (route.request().method() === "POST" ? undefined : route.continue()));
    await left.getByRole("button", { name: "Seal anew" }).focus();
    await page.keyboard.press("Enter");
    await held;
    const bar = left.getByRole("progressbar", { name: "What people who have left could open" });
    await expect(bar).toHaveAttribute("max", "2");
    await expect(left).toContainText("0 of 2 deposits sealed anew.");
    await expectAccessible(page, "sealing anew");
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
    await demo.end("SIGKILL");
    demo = await Demo.start(spare, demo.written);
    await page.reload(); // which breaks it off
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.getByRole("button", { name: "Keys" }).click();
    await expect(left).toContainText("2 deposits could still be opened");
    expect(await keysIn(demo)).toEqual([old[0]?.id]);
    await left.getByRole("button", { name: "Seal anew" }).click();
    await expect(left).toContainText("Done. 2 deposits were sealed anew.");
    await expect(left).toContainText("Nothing is left");
    await expectAccessible(page, "all is sealed anew");

    // No row in the vault is sealed to a key that Ben was granted; who stays opens all as before; so does what is new
    expect(await keysIn(demo)).toEqual([fresh[0]?.id]);
    await admin.deposit(reference);
    expect(await admin.differences()).toEqual([]);
    expect(await admin.opened(["Card"], "Charge the card")).toEqual(CARD);
    await page.getByRole("button", { name: "Log" }).click();
    await expect(page.getByRole("main")).toContainText("Sealed anew, for somebody who has left");
    const { reference: later } = await checkout.purchase(SHOPPER, "hosted");
    await admin.deposit(later);
    expect(await admin.differences()).toEqual([]);
    expect(await keysIn(demo)).toEqual([fresh[0]?.id]);

    // Of the keys that he knew one retires and one was taken back. Days later the vault has destroyed what opened them; that
    // it says the same of the key that seals is not believed
    const state = (page: Page, id = ""): Locator => page.locator(`[data-key="${id}"]`);
    await page.getByRole("button", { name: "Keys" }).click();
    await expect(state(page, old[0]?.id)).toContainText("Retiring began on");
    await expect(state(page, old[1]?.id)).toContainText("Discarded was due on");
    await expect(state(page, old[1]?.id)).toContainText("Taken back before its time: nothing is to be sealed to it. You can open what it sealed.");
    await expectAccessible(page, "a key that was taken back");
    const afterwards = new Admin(await context.newPage(), demo);
    await daysFromNow(afterwards, demo, 4);
    await vaultSaysPurged(afterwards.page, [...old, ...fresh.slice(0, 1)].map(({ id }) => id));
    await afterwards.signIn();
    await afterwards.page.getByRole("button", { name: "Keys" }).click();
    for (const { id } of old) {
      await expect(state(afterwards.page, id)).toContainText("Purged of");
      await expect(state(afterwards.page, id)).toContainText("Its private items are destroyed: nobody opens anything with it any more.");
    }
    await expect(state(afterwards.page, fresh[0]?.id)).toContainText("Seals what customers type now");
    await expect(afterwards.page.getByRole("region", { name: "Open with the organisation’s recovery key" })).toHaveCount(0);
    await expectAccessible(afterwards.page, "keys that were purged");
    expect(await afterwards.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  } finally {
    await context.close();
    await elsewhere.close();
    await demo.stop();
  }
});
