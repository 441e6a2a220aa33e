// Passkeys with authenticators of the browser's own making: one that has no PRF is a second factor and in nobody's way; one that
// has signs in alone.

import { Admin } from "./support/admin.ts";
import { expectAccessible } from "./support/axe.ts";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import { Demo } from "./support/demo.ts";
import { Passkeys } from "./support/passkeys.ts";
import { joins, People } from "./support/people.ts";
import { Site, dataKeys } from "./support/site.ts";
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

test("without PRF, who joined before a rotation opens with passphrase and passkey what is sealed after it", async ({ browser, demo: _built, spare }) => {
  test.setTimeout(240_000);
  const demo = await Demo.start(spare);
  const contexts = await Promise.all([1, 2, 3].map(() => browser.newContext({ locale: "en-GB" })));
  const [anna, ben, elsewhere] = await Promise.all(contexts.map((context) => context.newPage()));
  if (anna === undefined || ben === undefined || elsewhere === undefined) throw new Error("three pages");
  try {
    const checkout = new Checkout(elsewhere, demo);
    const { reference: before } = await checkout.purchase(SHOPPER, "hosted");
    const first = new Admin(anna, demo);
    const people = new People(first);
    await first.signIn();
    const join = async (name: string, passphrase: string): Promise<void> => {
      await people.open();
      const words = await joins(ben, await people.invite(name), passphrase);
      await anna.getByRole("button", { name: "Look again" }).click();
      await people.sign(people.entry("Waiting for you", name), words, /^Sign/);
      await people.says(`${name} is on the list now.`);
    };
    const login = { user: "ben", passphrase: "seventeen brass herons asleep" };
    await join("cleo", "nine quiet trams to nowhere");
    await join(login.user, login.passphrase);

    const second = new Admin(ben, { at: { admin: demo.at.admin, admin_login: login } });
    const passkeys = new Passkeys(second);
    await passkeys.device({ hasPrf: false });
    await second.signIn();
    await passkeys.open();
    await passkeys.add("Key ring", login.passphrase);
    await expect(passkeys.row("Key ring")).toContainText("it does not unlock by itself", PATIENCE);
    await passkeys.signOut();

    // Cleo goes, and knew every key that is signed: one that was made since takes over at once. Ben is not there
    const old = dataKeys(new Site(demo).manifest);
    await people.open();
    await (await people.act("cleo", "Remove")).getByRole("button", { name: "Remove cleo" }).click();
    await people.says("cleo was removed.");
    await new Site(demo).ceremony();
    const [active] = dataKeys(new Site(demo).manifest);
    expect(old.map(({ id }) => id)).not.toContain(active?.id);
    const sent = elsewhere.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/v1/deposits"));
    const { reference: after } = await checkout.purchase(SHOPPER, "hosted");
    expect((await sent).postDataJSON()).toMatchObject({ key_id: active?.id });

    await passkeys.signInWithBoth();
    for (const reference of [after, before]) {
      await second.deposit(reference);
      expect(await second.differences()).toEqual([]);
      expect(await second.opened(["Card"], "Charge the card")).toEqual(CARD);
    }
    await ben.getByRole("button", { name: "Keys" }).click();
    await expect(ben.locator(`[data-key="${active?.id ?? ""}"]`)).toContainText("Seals what customers type now");
    await expect(ben.locator(`[data-key="${active?.id ?? ""}"]`)).toContainText("You can open what it sealed.");
  } finally {
    await Promise.all(contexts.map((context) => context.close()));
    await demo.stop();
  }
});
