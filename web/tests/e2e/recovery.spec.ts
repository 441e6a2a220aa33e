// A lost passphrase, to the end: by the recovery kit.

import type { Page } from "@playwright/test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Admin } from "./support/admin.ts";
import { expectAccessible } from "./support/axe.ts";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import { Demo } from "./support/demo.ts";
import { heap, inMemories, watchMemories } from "./support/heap.ts";
import { Kits } from "./support/kits.ts";
import { readQr } from "./support/qr.ts";
import { nightsafe } from "./support/site.ts";
import { expect, test } from "./support/test.ts";

const NEXT = "four words nobody guesses";
const CODE = /^(?:[0-9A-HJKMNP-TV-Z]{5}-){6}[0-9A-HJKMNP-TV-Z]{5}$/;
const CARD = { Card: { Number: SHOPPER.number, Expires: "12 / 2029", "Name on card": SHOPPER.holder } };
const PATIENCE = { timeout: 30_000 };

for (const { what, options } of [
  { what: "light", options: {} },
  { what: "dark, on a phone", options: { colorScheme: "dark", viewport: { width: 360, height: 740 } } },
] as const) {
  test(`making a kit and the ways back, ${what}: no violation, nothing scrolls sideways`, async ({ demo, browser }) => {
    test.setTimeout(120_000);
    const context = await browser.newContext({ locale: "en-GB", ...options });
    const admin = new Admin(await context.newPage(), demo);
    const { page } = admin;
    const fits = () => document.documentElement.scrollWidth <= document.documentElement.clientWidth;
    const looked = async (state: string): Promise<void> => {
      await expectAccessible(page, `${state}, ${what}`);
      expect(await page.evaluate(fits), state).toBe(true);
    };
    await admin.signIn();
    const kits = new Kits(admin);
    await kits.open();
    await looked("no kit");
    await kits.section.getByRole("button", { name: "Make a recovery kit" }).click();
    await expect(kits.section.getByRole("alert")).toContainText("Type the passphrase that you signed in with.");
    await looked("no passphrase");
    const code = await kits.make(demo.at.admin_login.passphrase);
    expect(code).toMatch(CODE);
    await looked("the page to print");
    await kits.typeBack(code, () => "00000");
    await expect(kits.section.getByRole("alert")).toContainText("is not as it was printed");
    await looked("typed back wrong");
    await kits.section.getByRole("button", { name: "Cancel" }).click();
    await expect(kits.section).toContainText("The kit was not kept.");
    await expect(kits.section.locator(".made")).toContainText("You have no kit.");
    await page.getByRole("button", { name: "Sign out", exact: true }).click();

    await kits.lost();
    await looked("lost");
    await page.getByRole("button", { name: "Use the recovery kit" }).click();
    await looked("code");
    await page.getByRole("button", { name: "Go on" }).click();
    await expect(page.getByRole("alert")).toContainText("Type your name.");
    await looked("code, empty");
    await page.getByRole("button", { name: "Back to sign in" }).click();
    await expect(page.getByRole("heading", { name: "Lost your passphrase?" }).or(page.getByLabel("Passphrase"))).toBeVisible();
    await context.close();
  });
}

test("a kit is made, printed, typed back and used: the old passphrase and the used kit are refused, everything opens", async ({ browser, demo: _built, spare }) => {
  test.setTimeout(240_000);
  const demo = await Demo.start(spare);
  const context = await browser.newContext({ locale: "en-GB" });
  try {
    const { user, passphrase } = demo.at.admin_login;
    const { reference } = await new Checkout(await context.newPage(), demo).purchase(SHOPPER, "hosted");
    const admin = new Admin(await context.newPage(), demo);
    const { page } = admin;
    await watchMemories(page);
    const sent: string[] = [];
    page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
    await admin.signIn();
    const kits = new Kits(admin);
    await kits.open();
    await expect(kits.section.locator(".made")).toHaveText("You have no kit.");

    await test.step("another passphrase makes none", async () => {
      await kits.section.getByLabel("Your passphrase").fill("not the right words");
      await kits.section.getByRole("button", { name: "Make a recovery kit" }).click();
      await expect(kits.section.getByRole("alert")).toContainText("signed in with is not right", PATIENCE);
    });

    const code = await kits.make(passphrase);
    await test.step("the printed page has all that is needed, and nothing else is printed", async () => {
      expect(code).toMatch(CODE);
      await expect(kits.printed).toContainText("demo.nightsafe.example");
      await expect(kits.printed).toContainText(user);
      await expect(kits.printed).toContainText(demo.at.admin);
      await expect(kits.printed.getByRole("img", { name: "The code, to be read by a camera" })).toBeVisible();
      await page.emulateMedia({ media: "print" });
      await expect(kits.printed).toBeVisible();
      for (const hidden of [page.getByRole("banner"), page.getByRole("region", { name: "Passphrase" }), page.getByRole("heading", { name: "Account", level: 1 })]) {
        await expect(hidden).toBeHidden();
      }
      await expect(kits.section.getByRole("button", { name: "Keep the kit" })).toBeHidden();
      await page.emulateMedia({ media: null });
      // What a camera sees is what stands beside it
      expect(await decoded(page)).toBe(code);
    });
    await test.step("nothing of it is kept by the browser", async () => {
      expect(await remembered(page)).not.toMatch(pieces(code));
    });
    await test.step("while it is shown, the page's drawing and the WASM hold it, and no script", async () => {
      const { heap, wasm } = await left(page, code.split("-"), [digits(code)]);
      expect(wasm.at(-1), "positive control").toBe(digits(code).toString("hex"));
      expect(heap.length, FEW).toBeLessThan(2);
    });
    await test.step("it is kept once two groups were typed back, in any case", async () => {
      await kits.typeBack(code, (group) => ` ${group.toLowerCase()} `);
      await kits.kept();
      await expectAccessible(page, "a kit is kept");
      expect(await page.content()).not.toMatch(pieces(code));
      const { heap, wasm } = await left(page, code.split("-"), [digits(code)]);
      expect(wasm).toEqual([]);
      expect(heap.length, FEW).toBeLessThan(2);
    });

    await test.step("a second kit takes its place; leaving the page forgets the code", async () => {
      const second = await kits.make(passphrase);
      await page.getByRole("link", { name: "All deposits" }).click();
      await kits.open();
      await expect(kits.printed).toHaveCount(0);
      expect(second).not.toBe(code);
    });
    await page.getByRole("button", { name: "Sign out", exact: true }).click();

    await test.step("typos are told by their group before anything is asked; a wrong code and an unknown name are one answer", async () => {
      await kits.lost();
      await page.getByRole("button", { name: "Use the recovery kit" }).click();
      const groups = code.split("-");
      const asked = sent.length;
      await kits.show(user, [groups[0], groups[2], groups[1], ...groups.slice(3)].join("-"));
      await expect(page.getByRole("alert")).toContainText("Group 2 of the code");
      await kits.show(user, groups.slice(1).join("-"));
      await expect(page.getByRole("alert")).toContainText("Group 1 of the code");
      await kits.show(user, groups.slice(0, 6).join("-"));
      await expect(page.getByRole("alert")).toContainText("seven groups of five characters");
      expect(sent.slice(asked)).toEqual([]);
      for (const [name, typed] of [
        [user, OTHER],
        ["nobody", code],
      ] as const) {
        await kits.show(name, typed);
        await expect(page.getByRole("alert")).toContainText("The name or the code is not right", PATIENCE);
      }
      await expectAccessible(page, "wrong code");
    });

    await test.step("the code leads to a new passphrase, which is judged", async () => {
      await kits.show(user, code.replaceAll("-", " ").toLowerCase());
      await expect(page.getByRole("heading", { name: "New passphrase" })).toBeVisible(PATIENCE);
      await expectAccessible(page, "new passphrase");
      await kits.renew("qwertyuiop[]");
      await expect(page.getByRole("alert")).toContainText("follows the keys of a keyboard", PATIENCE);
      await kits.renew(NEXT, `${NEXT}!`);
      await expect(page.getByRole("alert")).toContainText("not the same both times");
      await kits.renew(NEXT);
      await expect(page.getByText("Your new passphrase is set, and the recovery kit is used up.")).toBeVisible(PATIENCE);
      expect(sent.join("")).not.toMatch(pieces(code));
      expect(sent.join("")).not.toContain(NEXT);
    });

    await test.step("the old passphrase is refused, the new one leads to where the next kit is made", async () => {
      await admin.credentials({ user, passphrase });
      await expect(page.getByRole("alert")).toContainText("is not right", PATIENCE);
      await admin.credentials({ user, passphrase: NEXT });
      await expect(page.getByRole("heading", { name: "Account", level: 1 })).toBeVisible(PATIENCE);
      await expect(kits.section.locator(".made")).toHaveText("You have no kit.");
    });
    await test.step("everything opens, and the log says how", async () => {
      await page.getByRole("link", { name: "All deposits" }).click();
      await admin.deposit(reference);
      expect(await admin.opened(["Card"], "Charge the card")).toEqual(CARD);
      await page.getByRole("button", { name: "Log", exact: true }).click();
      await expect(page.getByText(`Regained access for ${user} (you)`)).toBeVisible(PATIENCE);
    });
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await test.step("the used kit is refused", async () => {
      await kits.lost();
      await page.getByRole("button", { name: "Use the recovery kit" }).click();
      await kits.show(user, code);
      await expect(page.getByRole("alert")).toContainText("The name or the code is not right", PATIENCE);
    });
  } finally {
    await context.close();
    await demo.stop();
  }
});

test("who leaves the page after the code, or follows an invitation's link, leaves nothing of it there", async ({ browser, demo: _built, spare }) => {
  test.setTimeout(120_000);
  const demo = await Demo.start(spare);
  const context = await browser.newContext({ locale: "en-GB" });
  try {
    const { user, passphrase } = demo.at.admin_login;
    const admin = new Admin(await context.newPage(), demo);
    const { page } = admin;
    await watchMemories(page);
    await admin.signIn();
    const kits = new Kits(admin);
    await kits.open();
    const code = await kits.make(passphrase);
    await kits.typeBack(code);
    await kits.kept();
    await page.getByRole("button", { name: "Sign out", exact: true }).click();

    const held = async (): Promise<boolean> => (await left(page, [], [digits(code)])).wasm.length > 0;
    const renewing = page.getByRole("heading", { name: "New passphrase" });
    for (const { leaves, comesTo } of [
      {
        leaves: () => page.evaluate(() => void dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))),
        comesTo: page.getByText("The page was left, so the keys were forgotten."),
      },
      {
        leaves: () => page.evaluate((token) => void (location.hash = `#/join/${token}`), "A".repeat(43)),
        comesTo: page.getByRole("heading", { name: "Join" }),
      },
    ]) {
      await kits.lost();
      await page.getByRole("button", { name: "Use the recovery kit" }).click();
      await kits.show(user, code);
      await expect(renewing).toBeVisible(PATIENCE);
      expect(await held(), "positive control").toBe(true);
      await leaves();
      await expect(comesTo).toBeVisible();
      expect(await held()).toBe(false);
    }
  } finally {
    await context.close();
    await demo.stop();
  }
});

test("the only admin is lost: the site keys sign new ones, the recovery key opens everything", async ({ browser, demo: _built, spare }) => {
  test.setTimeout(240_000);
  const demo = await Demo.start(spare);
  const context = await browser.newContext({ locale: "en-GB" });
  try {
    const { user } = demo.at.admin_login;
    const offline = `${demo.at.data_dir}.offline`;
    const { reference } = await new Checkout(await context.newPage(), demo).purchase(SHOPPER, "hosted");
    const file = join(demo.written, "roster-proposal");
    await test.step("three commands, one carried file", async () => {
      const data = ["--data-dir", demo.at.data_dir];
      await nightsafe(["roster", "propose", ...data, "--out", file, "--passphrase-fd", "3"], `${NEXT}\n`);
      const keys = [1, 2].flatMap((n) => ["--site-key", join(offline, `site-keys/site-key-${n}.key`)]);
      const anchor = ["--anchor", demo.path("anchor.txt")];
      await nightsafe(["roster", "sign", file, ...keys, ...anchor, "--yes", "--site-passphrase-fd", "3"], readFileSync(join(offline, "site-passphrase"), "utf8"));
      await nightsafe(["roster", "publish", ...data, file]);
    });
    const admin = new Admin(await context.newPage(), demo);
    const { page } = admin;
    await watchMemories(page);
    const sent: string[] = [];
    page.on("request", (request) => sent.push(request.postData() ?? ""));
    await page.goto(demo.at.admin);
    await admin.credentials();
    await expect(page.getByRole("alert")).toContainText("is not right", PATIENCE);
    await admin.credentials({ passphrase: NEXT });
    await expect(page.getByRole("search")).toBeVisible(PATIENCE);
    await expect(page.getByText("No data key is granted to you yet")).toBeVisible();

    await page.getByRole("button", { name: "Keys", exact: true }).click();
    const section = page.getByRole("region", { name: "Open with the organisation’s recovery key" });
    await expectAccessible(page, "keys that are not held");
    await section.getByRole("button", { name: "Open the keys" }).click();
    await expect(section.getByRole("alert")).toContainText("Choose the recovery key file.");
    for (const [name, buffer, said] of [
      ["other.txt", Buffer.from("nothing of that kind"), "This is not the file of this site’s recovery key."],
      ["recovery.pub", readFileSync(demo.path("recovery.pub")), "This is not the file of this site’s recovery key."],
    ] as const) {
      await section.getByLabel("Recovery key file").setInputFiles({ name, mimeType: "text/plain", buffer });
      await section.getByRole("button", { name: "Open the keys" }).click();
      await expect(section.getByRole("alert")).toContainText(said, PATIENCE);
      await expectAccessible(page, `recovery with ${name}`);
    }
    const recovery = recoveryFile(offline);
    await section.getByLabel("Recovery key file").setInputFiles(recovery);
    await section.getByRole("button", { name: "Open the keys" }).click();
    await expect(page.getByText("You can open what it sealed.").first()).toBeVisible(PATIENCE);
    await expect(section).toHaveCount(0);
    const secrets = [...readFileSync(recovery, "utf8").matchAll(/^(?:mlkem-seed|x25519) (.+)$/gm)].map(([, secret = ""]) => secret);
    expect(secrets).toHaveLength(2);
    for (const secret of secrets) expect(sent.join("")).not.toContain(secret);
    const held = secrets.map((secret) => Buffer.from(secret, "base64"));
    expect(await left(page, secrets, held)).toEqual({ heap: [], wasm: [] });
    await page.getByRole("link", { name: "All deposits" }).click();
    await admin.deposit(reference);
    expect(await admin.opened(["Card"], "Charge the card")).toEqual(CARD);
    await page.getByRole("button", { name: "Log", exact: true }).click();
    await expect(page.getByText(`Regained access for ${user} (you)`)).toBeVisible(PATIENCE);
    await expect(page.getByText(`Granted a key to ${user} (you)`).first()).toBeVisible();
  } finally {
    await context.close();
    await demo.stop();
  }
});

/** Where the demo keeps it. */
function recoveryFile(offline: string): string {
  const name = readdirSync(offline).find((each) => each.includes("recovery"));
  if (name === undefined) throw new Error("the demo keeps no recovery key");
  return join(offline, name);
}

/** Of the groups of a code in a heap. */
const FEW = "five characters may be there by chance, two groups are not";

/** Right by its check digits, and nobody's: the code whose digits are all 0. */
const OTHER = "00001-00002-00003-00004-00005-00006-00007";

/** Any two groups of a code beside each other, in any case: one alone could be anywhere by chance. */
function pieces(code: string): RegExp {
  const groups = code.split("-");
  return new RegExp(groups.slice(1).map((group, at) => `${groups[at] ?? ""}[-\\s]*${group}`).join("|"), "i");
}

/** Storage, address, title and history of a page. */
function remembered(page: Page): Promise<string> {
  return page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.title, history.state]));
}

interface Left {
  readonly heap: readonly string[];
  readonly wasm: readonly string[];
}

/** Which of these texts are left in the page's heap, and which of these bytes in the memory of its WASM modules, as hex. */
async function left(page: Page, texts: readonly string[], bytes: readonly Buffer[]): Promise<Left> {
  const client = await page.context().newCDPSession(page);
  await client.send("HeapProfiler.enable");
  const snapshot = await heap(client);
  await client.detach();
  const wanted = [...texts.map((text) => Buffer.from(text)), ...bytes].map((each) => each.toString("hex"));
  return { heap: texts.filter((text) => snapshot.includes(text)), wasm: await inMemories(page, wanted) };
}

/** A code as the WASM holds it: 28 digits without check digits, a byte each. */
function digits(code: string): Buffer {
  const groups = code.split("-").map((group) => group.slice(0, 4));
  return Buffer.from([...groups.join("")].map((digit) => "0123456789ABCDEFGHJKMNPQRSTVWXYZ".indexOf(digit)));
}

/** The text in the QR code. */
async function decoded(page: Page): Promise<string> {
  const path = (await page.locator("svg.qr path").getAttribute("d")) ?? "";
  const dark = new Set([...path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)].map(([, x, y]) => `${Number(x) - 4} ${Number(y) - 4}`));
  return readQr((x, y) => dark.has(`${x} ${y}`));
}
