// An office without certificates: an admin works through `nightsafe admin`, which serves the signed site on http://localhost
// and talks to a vault that is known by its key alone. What the browser makes of that: cookies with `Secure`, sessions that
// are resumed, and the words when another machine is in the vault's place.

import { Admin } from "./support/admin.ts";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import { Office } from "./support/office.ts";
import { OwnSite } from "./support/own.ts";
import { Passkeys } from "./support/passkeys.ts";
import { expect, test } from "./support/test.ts";

test("an admin signs in on localhost, opens, signs out; and is told when the vault is not the vault", async ({ browser, spare }) => {
  test.setTimeout(180_000);
  const site = await OwnSite.start(spare);
  const context = await browser.newContext({ locale: "en-GB" });
  let office: Office | undefined;
  try {
    const { reference } = await new Checkout(await context.newPage(), site).purchase(SHOPPER, "hosted");
    expect(await site.deposits(reference)).toHaveLength(1);
    office = await Office.open(site, spare);
    const { at } = site;

    const admin = new Admin(await context.newPage(), { at: { admin: at.admin, admin_login: site.login } });
    const { page } = admin;
    const asked = new Set<string>();
    page.on("request", (request) => asked.add(new URL(request.url()).origin));
    await admin.signIn();
    const [cookie, ...more] = (await context.cookies()).filter(({ name }) => name.startsWith("__Host-nightsafe-"));
    expect(more).toEqual([]);
    expect(cookie).toMatchObject({ domain: "localhost", path: "/", secure: true, httpOnly: true, sameSite: "Strict" });
    await page.reload();
    await expect(page.getByRole("search")).toBeVisible();
    await admin.deposit(reference);
    expect((await admin.opened(["Card"], "Charge the card"))["Card"]?.["Number"]).toBe(SHOPPER.number);
    expect(await admin.differences()).toEqual([]);
    expect([...asked].sort()).toEqual([at.admin, at.ingest, at.vault].sort());

    await test.step("a page of another program on the same machine gets nothing out of it", async () => {
      const elsewhere = `http://localhost:${spare + 8}/`;
      const other = await context.newPage();
      await other.route(elsewhere, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Other</title>" }));
      await other.goto(elsewhere);
      const read = (url: string): Promise<string> =>
        other.evaluate(
          (asked) =>
            fetch(asked, { credentials: "include" }).then(
              (answer) => answer.text(),
              () => "nothing",
            ),
          url,
        );
      expect(await read(elsewhere)).toContain("Other");
      expect([await read(`${at.vault}/v1/roster`), await read(`${at.admin}/index.html`)]).toEqual(["nothing", "nothing"]);
      await other.close();
    });

    await test.step("a passkey that is made here signs in here, without the passphrase", async () => {
      const passkeys = new Passkeys(admin);
      await passkeys.device({ hasPrf: true });
      await passkeys.open();
      await passkeys.add("Laptop", site.login.passphrase);
      await expect(passkeys.row("Laptop")).toContainText("Signs you in without the passphrase", { timeout: 30_000 });
      await passkeys.signOut();
      await passkeys.signInAlone();
      await expect(page.getByRole("search")).toBeVisible({ timeout: 30_000 });
      await admin.deposit(reference);
      expect((await admin.opened(["Card"], "Charge the card"))["Card"]?.["Number"]).toBe(SHOPPER.number);
      await passkeys.open();
      await passkeys.remove("Laptop");
    });

    const out = page.waitForResponse((response) => response.url().endsWith("/v1/log/record")); // which ends the session
    await page.getByRole("button", { name: "Sign out" }).click();
    expect((await out).ok()).toBe(true);
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    expect((await context.cookies()).filter(({ name }) => name.startsWith("__Host-nightsafe-"))).toEqual([]);

    await office.newKey();
    const asks = async (): Promise<number> => (await fetch(`${at.vault}/v1/openapi.json`, { headers: { origin: at.admin } })).status;
    await expect.poll(asks, { timeout: 20_000 }).toBe(502);
    await admin.credentials();
    await expect(page.getByRole("alert")).toContainText("does not have the vault’s key, so nothing was sent to it", { timeout: 30_000 });
  } finally {
    await context.close();
    await office?.close();
    await site.dispose();
  }
});
