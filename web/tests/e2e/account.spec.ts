// Account: a new passphrase, to the end.

import { Admin } from "./support/admin.ts";
import { expectAccessible } from "./support/axe.ts";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import { Demo } from "./support/demo.ts";
import { nightsafe } from "./support/site.ts";
import { expect, test } from "./support/test.ts";

const NEXT = "four words nobody guesses";
const CARD = { Card: { Number: SHOPPER.number, Expires: "12 / 2029", "Name on card": SHOPPER.holder } };

for (const { what, options } of [
  { what: "light", options: {} },
  { what: "dark, on a phone", options: { colorScheme: "dark", viewport: { width: 360, height: 740 } } },
] as const) {
  test(`the account page, ${what}: no violation, nothing scrolls sideways`, async ({ demo, browser }) => {
    const context = await browser.newContext({ locale: "en-GB", ...options });
    const admin = new Admin(await context.newPage(), demo);
    await admin.signIn();
    await admin.page.getByRole("button", { name: "Account" }).click();
    await expect(admin.page.getByRole("heading", { name: "Account", level: 1 })).toBeFocused();
    await expectAccessible(admin.page, `account, ${what}`);
    const width = await admin.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(width).toBe(0);
    await admin.page.getByRole("button", { name: "Change the passphrase" }).click();
    await expect(admin.page.getByRole("region", { name: "Passphrase" }).getByRole("alert")).toContainText("Type the passphrase that you signed in with.");
    await expectAccessible(admin.page, `account with an error, ${what}`);
    await admin.page.getByRole("link", { name: "All deposits" }).click();
    await expect(admin.page.getByRole("search")).toBeVisible();
    await context.close();
  });
}

test("a new passphrase: the old one is refused from then on, other sessions end, everything opens", async ({ browser, demo: _built, spare }) => {
  test.setTimeout(150_000);
  const demo = await Demo.start(spare);
  const context = await browser.newContext({ locale: "en-GB" });
  try {
    const { reference } = await new Checkout(await context.newPage(), demo).purchase(SHOPPER, "hosted");
    const [admin, elsewhere] = [new Admin(await context.newPage(), demo), new Admin(await context.newPage(), demo)];
    await admin.signIn();
    await elsewhere.signIn();
    await admin.page.getByRole("button", { name: "Account" }).click();
    const { page } = admin;
    const change = async (old: string, next: string, again = next): Promise<void> => {
      await page.getByLabel("Passphrase now").fill(old);
      await page.getByLabel("New passphrase", { exact: true }).fill(next);
      await page.getByLabel("New passphrase again").fill(again);
      await page.getByRole("button", { name: "Change the passphrase" }).click();
    };
    const { passphrase } = demo.at.admin_login;
    for (const [typed, said] of [
      [[passphrase, "short"], "at least 12 characters"],
      [[passphrase, "qwertyuiop[]"], "follows the keys of a keyboard"],
      [[passphrase, "password1985"], "Too easy to guess"],
      [[passphrase, passphrase], "is the old one"],
      [[passphrase, NEXT, `${NEXT}!`], "not the same both times"],
      [["not the right words", NEXT], "signed in with is not right"],
    ] as const) {
      const [old, next, again] = typed as readonly [string, string, string?];
      await change(old, next, again);
      await expect(page.getByRole("region", { name: "Passphrase" }).getByRole("alert")).toContainText(said, { timeout: 30_000 });
    }
    await test.step("how good it is stands beside it in words while it is typed, and the module came only now", async () => {
      const strength = page.getByRole("status").filter({ hasText: "Strength:" });
      for (const [typed, said] of [
        ["admin admin", "Strength: very weak. Too short"],
        [NEXT, /Strength: (?:very )?good\./],
      ] as const) {
        await page.getByLabel("New passphrase", { exact: true }).fill(typed);
        await expect(strength).toContainText(said);
      }
      await expectAccessible(page, "account with a strength");
    });
    const sent: string[] = [];
    page.on("request", (request) => sent.push(request.postData() ?? ""));
    await change(passphrase, NEXT);
    await expect(page.getByText("Changed. Sign in with the new one from now on.")).toBeVisible({ timeout: 30_000 });
    expect(sent.join("")).not.toContain(NEXT);
    await expect(page.getByLabel("New passphrase", { exact: true })).toHaveValue("");
    // Where it was changed, work goes on
    await page.getByRole("link", { name: "All deposits" }).click();
    await admin.deposit(reference);
    expect(await admin.opened(["Card"], "Charge the card")).toEqual(CARD);
    await elsewhere.page.getByRole("search").getByRole("button", { name: "Find" }).click();
    await expect(elsewhere.page.getByRole("heading", { name: "Locked" })).toBeVisible();

    const again = new Admin(await context.newPage(), demo);
    await again.page.goto(demo.at.admin);
    await again.credentials();
    await expect(again.page.getByRole("alert")).toContainText("is not right", { timeout: 30_000 });
    await again.credentials({ passphrase: NEXT });
    await expect(again.page.getByRole("search")).toBeVisible({ timeout: 30_000 });
    await again.deposit(reference);
    expect(await again.opened(["Card"], "Charge the card")).toEqual(CARD);
    // And with the command
    const opened = await nightsafe(
      ["open", "--offline", "--data-dir", demo.at.data_dir, "--reference", reference, "--field", "card", "--passphrase-fd", "3"],
      `${NEXT}\n`,
    );
    expect(opened).toContain(SHOPPER.number.replaceAll(" ", ""));
  } finally {
    await context.close();
    await demo.stop();
  }
});
