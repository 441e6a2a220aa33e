// Keys and epochs on the admin site: what each data key is doing, and what is announced before it is late.

import { Admin } from "./support/admin.ts";
import { expectAccessible } from "./support/axe.ts";
import { daysFromNow } from "./support/days.ts";
import { Demo } from "./support/demo.ts";
import { Site, dataKeys } from "./support/site.ts";
import { expect, test } from "./support/test.ts";

for (const { what, options } of [
  { what: "light", options: {} },
  { what: "dark, on a phone", options: { colorScheme: "dark", viewport: { width: 360, height: 740 } } },
] as const) {
  test(`keys and epochs, ${what}: each key with its state, nothing due, by keyboard, no violation`, async ({ demo, browser }) => {
    const context = await browser.newContext({ locale: "en-GB", ...options });
    const admin = new Admin(await context.newPage(), demo);
    await admin.signIn();
    await admin.page.getByRole("button", { name: "Keys" }).focus();
    await admin.page.keyboard.press("Enter");
    await expect(admin.page.getByRole("heading", { name: "Keys and epochs", level: 1 })).toBeFocused();
    expect(new URL(admin.page.url()).hash).toBe("#/keys");
    const keys = dataKeys(new Site(demo).manifest);
    const listed = admin.page.getByRole("region", { name: "Data keys" }).getByRole("listitem");
    await expect(listed).toHaveCount(keys.length);
    for (const { id } of keys) await expect(listed.filter({ hasText: id })).toHaveCount(1);
    await expect(listed.filter({ hasText: keys[0]?.id ?? "none" })).toContainText("Seals what customers type now");
    await expect(listed.filter({ hasText: keys[1]?.id ?? "none" })).toContainText("It takes over by itself.");
    await expect(admin.page.getByRole("region", { name: "What is due" })).toContainText("Nothing. The next data key takes over by itself on");
    await expectAccessible(admin.page, `keys, ${what}`);
    const width = await admin.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(width).toBe(0);
    await admin.page.getByRole("link", { name: "All deposits" }).click();
    await expect(admin.page.getByRole("search")).toBeVisible();
    await admin.page.goBack();
    await expect(admin.page.getByRole("heading", { name: "Keys and epochs", level: 1 })).toBeVisible();
    await context.close();
  });
}

test("what is due is announced in time, on the page and in a banner", async ({ browser, demo: _built, spare }) => {
  test.setTimeout(240_000);
  const demo = await Demo.start(spare); // with two data keys, and nobody else who signs more ahead
  try {
    for (const { days, said, state } of [
      { days: 91, said: ["No data key is ready to take over on"], state: "Retiring" },
      { days: 181, said: ["The same data key has been in use for 91 days"], state: "Retired" },
      { days: 345, said: ["In less than 60 days", "the key manifest ends and the payment form stops"], state: "Retired" },
      { days: 394, said: ["In less than a day, on"], state: "Retired" },
      { days: 396, said: ["The key manifest ended on", "the payment form has stopped."], state: "Retired" },
    ] as const) {
      const context = await browser.newContext({ locale: "en-GB" });
      const admin = new Admin(await context.newPage(), demo);
      await daysFromNow(admin, demo, days);
      await admin.signIn();
      const banner = admin.page.getByRole("alert");
      await expect(banner).toContainText("nightsafe keys propose");
      await admin.page.getByRole("button", { name: "Keys" }).click();
      const due = admin.page.getByRole("region", { name: "What is due" });
      for (const text of said) for (const place of [banner, due]) await expect(place).toContainText(text);
      const listed = admin.page.getByRole("region", { name: "Data keys" }).getByRole("listitem");
      await expect(listed.last().getByRole("heading")).toContainText(state);
      await expectAccessible(admin.page, `keys, ${days} days from now`);
      await context.close();
    }
  } finally {
    await demo.stop();
  }
});
