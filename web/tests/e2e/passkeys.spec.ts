// Passkeys with authenticators of the browser's own making: one that has no PRF is a second factor and in nobody's way; one that
// has signs in alone.

import { Admin } from "./support/admin.ts";
import { expectAccessible } from "./support/axe.ts";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import { Demo } from "./support/demo.ts";
import { Passkeys } from "./support/passkeys.ts";
import { Site } from "./support/site.ts";
import { expect, test } from "./support/test.ts";

const CARD = { Card: { Number: SHOPPER.number, Expires: "12 / 2029", "Name on card": SHOPPER.holder } };
const PATIENCE = { timeout: 30_000 };

test("without PRF it is asked for after the passphrase, and a new key changes nothing; with PRF it unlocks alone", async ({ browser, demo: _built, spare }) => {
  test.setTimeout(180_000);
  const demo = await Demo.start(spare);
  const context = await browser.newContext({ locale: "en-GB" });
  try {
    const { passphrase } = demo.at.admin_login;
    const { reference } = await new Checkout(await context.newPage(), demo).purchase(SHOPPER, "hosted");
    const admin = new Admin(await context.newPage(), demo);
    const { page } = admin;
    const passkeys = new Passkeys(admin);
    const alert = page.getByRole("alert").filter({ hasText: /./ });
    await passkeys.device({ hasPrf: false });
    await admin.signIn();
    await passkeys.open();

    await test.step("one is added with the right passphrase, and says that it does not unlock", async () => {
      await passkeys.add("Key ring", "not the right words");
      await expect(passkeys.section.getByRole("alert")).toContainText("signed in with is not right", PATIENCE);
      await passkeys.add("Key ring", passphrase);
      await expect(passkeys.row("Key ring")).toContainText("asked for after the passphrase; it does not unlock by itself; not used yet", PATIENCE);
      await expect(page.getByRole("heading", { name: "Passkeys" })).toBeFocused();
      await expectAccessible(page, "a passkey");
      await passkeys.add("Once more", passphrase);
      await expect(passkeys.section.getByRole("alert")).toContainText("has a passkey of yours already", PATIENCE);
    });

    await test.step("the passphrase alone signs nobody in, and neither does this passkey", async () => {
      await passkeys.signOut();
      await expectAccessible(page, "signing in with a passkey");
      await passkeys.verifies(false);
      await admin.credentials();
      await expect(alert).toContainText("No passkey answered", PATIENCE);
      await passkeys.verifies(true);
      await passkeys.signInAlone();
      await expect(alert).toContainText("does not unlock your keys by itself", PATIENCE);
      await expect(page.getByRole("button", { name: "Sign in with a passkey" })).toBeFocused();
      await expectAccessible(page, "a passkey that does not unlock");
    });

    await test.step("a new data key is signed, and both together open everything", async () => {
      const site = new Site(demo);
      await site.nextKey();
      await site.sign();
      await passkeys.signInWithBoth();
      await admin.deposit(reference);
      expect(await admin.opened(["Card"], "Charge the card")).toEqual(CARD);
      await page.getByRole("link", { name: "All deposits" }).click();
    });

    await test.step("one with PRF signs in without the passphrase, opens everything, and goes on after a reload", async () => {
      await passkeys.device({ hasPrf: true });
      await passkeys.open();
      await expect(passkeys.row("Key ring")).toContainText("last used");
      await passkeys.add("Laptop", passphrase);
      await expect(passkeys.row("Laptop")).toContainText("Signs you in without the passphrase", PATIENCE);
      await passkeys.signOut();
      const asked: string[] = [];
      page.on("request", (request) => asked.push(new URL(request.url()).pathname));
      await passkeys.signInAlone();
      await expect(page.getByRole("search")).toBeVisible(PATIENCE);
      expect(asked.filter((path) => path.startsWith("/v1/login/"))).toEqual(["/v1/login/passkey/start", "/v1/login/passkey/finish"]);
      await page.reload();
      await admin.deposit(reference);
      expect(await admin.opened(["Card"], "Charge the card")).toEqual(CARD);
      await page.getByRole("link", { name: "All deposits" }).click();
    });

    await test.step("removed, the passphrase is enough again; the log has all of it", async () => {
      await passkeys.open();
      await passkeys.remove("Key ring");
      await passkeys.remove("Laptop");
      await passkeys.signOut();
      await passkeys.signInAlone();
      await expect(alert).toContainText("The vault does not take this passkey", PATIENCE);
      await admin.credentials();
      await expect(page.getByRole("search")).toBeVisible(PATIENCE);
      await page.getByRole("button", { name: "Log" }).click();
      const entries = page.getByRole("main");
      await expect(entries).toContainText("Added a passkey");
      await expect(entries).toContainText("Removed a passkey");
    });
  } finally {
    await context.close();
    await demo.stop();
  }
});
