// From one admin to a team: inviting, joining, comparing words, signing, removing, new keys, two signatures. To the end.

import type { Browser, BrowserContextOptions, Page } from "@playwright/test";
import { Admin } from "./support/admin.ts";
import { expectAccessible } from "./support/axe.ts";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import { Demo } from "./support/demo.ts";
import { chooses, joins, People } from "./support/people.ts";
import { expect, test } from "./support/test.ts";

const BEN = { user: "ben", passphrase: "entirely my own words" };
const CLEO = { user: "cleo", passphrase: "other words altogether" };
const CARD = { Card: { Number: SHOPPER.number, Expires: "12 / 2029", "Name on card": SHOPPER.holder } };
const PATIENCE = { timeout: 30_000 };

/** A demo with an order in it, and its admin on the people page. */
interface Office {
  readonly demo: Demo;
  readonly reference: string;
  readonly admin: Admin;
  readonly people: People;
  /** Somebody else's browser. */
  readonly elsewhere: (options?: BrowserContextOptions) => Promise<Page>;
  readonly close: () => Promise<void>;
}

async function office(browser: Browser, port: number, options: BrowserContextOptions = {}): Promise<Office> {
  const demo = await Demo.start(port);
  const contexts = [await browser.newContext({ locale: "en-GB", ...options })];
  const elsewhere = async (more: BrowserContextOptions = {}): Promise<Page> => {
    const context = await browser.newContext({ locale: "en-GB", ...options, ...more });
    contexts.push(context);
    return context.newPage();
  };
  const close = async (): Promise<void> => {
    for (const context of contexts) await context.close();
    await demo.stop();
  };
  try {
    const { reference } = await new Checkout(await elsewhere(), demo).purchase(SHOPPER, "hosted");
    const admin = new Admin((await contexts[0]?.newPage()) as Page, demo);
    await admin.signIn();
    const people = new People(admin);
    await people.open();
    return { demo, reference, admin, people, elsewhere, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Signs in by what a person typed when joining. */
async function signsIn(page: Page, { demo }: Office, credentials: typeof BEN): Promise<Admin> {
  const admin = new Admin(page, demo);
  await page.goto(demo.at.admin);
  await admin.credentials(credentials);
  return admin;
}

/** Everything from the invitation to the signature; gives the new admin's page, signed in. */
async function comesIn(office: Office, who: typeof BEN): Promise<Admin> {
  const { people } = office;
  const page = await office.elsewhere();
  const words = await joins(page, await people.invite(who.user), who.passphrase);
  await people.page.getByRole("button", { name: "Look again" }).click();
  await people.sign(people.entry("Waiting for you", who.user), words, /^Sign/);
  await people.says(`${who.user} is on the list now.`);
  const admin = await signsIn(page, office, who);
  await expect(page.getByRole("search")).toBeVisible(PATIENCE);
  return admin;
}

async function noSideways(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
}

for (const { what, options } of [
  { what: "light", options: {} },
  { what: "dark, on a phone", options: { colorScheme: "dark", viewport: { width: 360, height: 740 } } },
] as const) {
  test(`an invited person joins, is compared, signed in, opens a deposit, and is removed: ${what}`, async ({ browser, demo: _built, spare }) => {
    test.setTimeout(240_000);
    const all = await office(browser, spare, options);
    try {
      const { people, admin } = all;
      await expectAccessible(people.page, "people, alone");
      await noSideways(people.page);
      // Invited: the link goes to the person, and only its hash to the vault
      const sent: string[] = [];
      people.page.on("request", (request) => sent.push(request.url() + (request.postData() ?? "")));
      const link = await people.invite(BEN.user);
      const token = new URL(link).hash.split("/").at(-1) ?? "";
      expect(token).toHaveLength(43);
      expect(sent.join("")).not.toContain(token);
      await expectAccessible(people.page, "an invitation was made");
      await noSideways(people.page);
      await people.invite("dora");
      await people.page.getByRole("button", { name: "Look again" }).click();
      await expectAccessible(people.page, "open invitations");

      // Joins: what is wrong is said; the link leaves the address
      const page = await all.elsewhere();
      const asked: string[] = [];
      page.on("request", (request) => asked.push(request.postData() ?? ""));
      await page.goto(link);
      await expect(page.getByRole("heading", { name: "Join" })).toBeVisible();
      expect(page.url()).not.toContain(token);
      await expectAccessible(page, "join");
      await noSideways(page);
      for (const [passphrase, again, said] of [
        ["short", "short", "at least 12 characters"],
        [BEN.passphrase, `${BEN.passphrase}!`, "not the same both times"],
        ["the words of ben", "the words of ben", "holds your name"],
      ] as const) {
        await chooses(page, passphrase, again);
        await expect(page.getByRole("alert")).toContainText(said, PATIENCE);
      }
      await expectAccessible(page, "join, with an error");
      const words = await joins(page, link, BEN.passphrase);
      expect(words.split(" ")).toHaveLength(12);
      expect(asked.join("")).not.toContain(BEN.passphrase);
      await expectAccessible(page, "joined");
      await noSideways(page);
      // The link is good once
      const second = await all.elsewhere();
      await second.goto(link);
      await chooses(second, "somebody else's words");
      await expect(second.getByRole("alert")).toContainText("not good any more", PATIENCE);
      await second.reload();
      await expect(second.getByRole("heading", { name: "Open the link again" })).toBeFocused();
      await expectAccessible(second, "a link that is forgotten");

      // Waits: the passphrase is right, and nothing opens
      await page.getByRole("button", { name: "I have read them: sign in" }).click();
      await expect(page.getByLabel("Name")).toHaveValue(BEN.user);
      await new Admin(page, all.demo).credentials(BEN);
      await expect(page.getByRole("heading", { name: "You wait for an admin" })).toBeFocused(PATIENCE);
      expect((await page.locator("ol.words > li").allTextContents()).join(" ")).toBe(words);
      await expectAccessible(page, "waiting");
      await noSideways(page);

      // Compared and signed; not without the words
      await people.page.getByRole("button", { name: "Look again" }).click();
      const waiting = people.entry("Waiting for you", BEN.user);
      await waiting.getByRole("button", { name: "Sign ben in" }).click();
      await expect(waiting.getByRole("alert")).toContainText("Compare the words first");
      await expect(waiting.getByRole("checkbox")).toBeFocused();
      await expectAccessible(people.page, "somebody waits");
      await noSideways(people.page);
      await people.sign(waiting, words, /^Sign ben in$/);
      await people.says("ben is on the list now.");
      await expect(people.section("Waiting for you")).toHaveCount(0);

      // Withdrawn: dora's link is good for nothing
      await people.page.getByRole("button", { name: "Withdraw dora’s invitation" }).click();
      await people.says("was withdrawn");
      await expect(people.section("Open invitations")).toHaveCount(0);

      // The new admin opens a real deposit
      const ben = await signsIn(page, all, BEN);
      await expect(page.getByRole("search")).toBeVisible(PATIENCE);
      await ben.deposit(all.reference);
      expect(await ben.opened(["Card"], "Charge the card")).toEqual(CARD);
      const theirs = new People(ben);
      await theirs.open();
      await expect(theirs.entry("Admins and others", /^ben \(you\)/)).toContainText(words);

      // Removed: out at once, and not in again
      const entry = await people.act(BEN.user, "Remove");
      await expectAccessible(people.page, "about to remove somebody");
      await noSideways(people.page);
      await entry.getByRole("button", { name: "Remove ben" }).click();
      await people.says("ben was removed.");
      await expect(people.entry("Admins and others", BEN.user)).toContainText("Removed: left");
      await page.getByRole("button", { name: "Look again" }).click();
      await expect(page.getByRole("heading", { name: "Locked" })).toBeVisible();
      await ben.credentials(BEN);
      await expect(page.getByRole("alert")).toContainText("name or the passphrase is not right", PATIENCE);
      // The admin works on
      await admin.deposit(all.reference);
      expect(await admin.opened(["Card"], "Charge the card")).toEqual(CARD);
    } finally {
      await all.close();
    }
  });
}

test("a lost passphrase: an invitation for new keys, which open again; the old ones are out", async ({ browser, demo: _built, spare }) => {
  test.setTimeout(240_000);
  const all = await office(browser, spare);
  try {
    const { people } = all;
    const old = await comesIn(all, BEN);
    const entry = await people.act(BEN.user, "New keys");
    await entry.getByRole("button", { name: "Invite ben to make new keys" }).click();
    const page = await all.elsewhere();
    const next = { ...BEN, passphrase: "words that I remember" };
    const words = await joins(page, await people.link(BEN.user), next.passphrase);
    // Until the words are compared, the old keys are ben's
    await old.page.getByRole("search").getByRole("button", { name: "Find" }).click();
    await expect(old.link(all.reference)).toBeVisible();
    await people.page.getByRole("button", { name: "Look again" }).click();
    const waiting = people.entry("Waiting for you", BEN.user);
    await expect(waiting).toContainText("New keys for ben");
    // Until somebody says otherwise, others may have the old keys
    await expect(waiting.getByLabel("Somebody else may have the old keys")).toBeChecked();
    await waiting.getByLabel("The old keys are destroyed: nobody has them").check();
    await people.sign(waiting, words, /^Sign ben’s new keys$/);
    await people.says("ben has new keys now.");
    await old.page.getByRole("search").getByRole("button", { name: "Find" }).click();
    await expect(old.page.getByRole("heading", { name: "Locked" })).toBeVisible();
    await old.credentials(BEN);
    await expect(old.page.getByRole("alert")).toContainText("is not right", PATIENCE);
    const ben = await signsIn(page, all, next);
    await expect(page.getByRole("search")).toBeVisible(PATIENCE);
    await ben.deposit(all.reference);
    expect(await ben.opened(["Card"], "Charge the card")).toEqual(CARD);
  } finally {
    await all.close();
  }
});

test("two signatures: a change waits for the other admin, who sees what it is; what was decided meanwhile is told", async ({
  browser,
  demo: _built,
  spare,
}) => {
  test.setTimeout(300_000);
  const all = await office(browser, spare);
  try {
    const { people } = all;
    const { user } = all.demo.at.admin_login;
    // One admin alone cannot ask for two
    await people.page.getByRole("button", { name: "Ask for two signatures" }).click();
    await expect(people.page.locator(".banner")).toContainText("too few admins");
    const theirs = new People(await comesIn(all, BEN));
    await theirs.open();
    await people.page.getByRole("button", { name: "Ask for two signatures" }).click();
    await people.says("Two must sign from now on.");

    // Somebody who made his change by the list of before is told
    await theirs.page.getByRole("button", { name: "Ask for two signatures" }).click();
    await expect(theirs.page.locator(".banner")).toContainText("changed the list of admins at the same time");
    await theirs.page.getByRole("button", { name: "Dismiss" }).click();

    const page = await all.elsewhere();
    const words = await joins(page, await people.invite(CLEO.user), CLEO.passphrase);
    await people.page.getByRole("button", { name: "Look again" }).click();
    await people.sign(people.entry("Waiting for you", CLEO.user), words, /^Sign cleo in$/);
    await people.says("waits for another admin’s signature");
    const own = people.entry("Needs a second signature", "cleo comes in, as admin.");
    await expect(own).toContainText(`Signed by ${user}`);
    await expect(own.getByRole("checkbox")).toHaveCount(0);
    await expectAccessible(people.page, "an own change waits");

    await theirs.page.getByRole("button", { name: "Look again" }).click();
    const change = theirs.entry("Needs a second signature", "cleo comes in, as admin.");
    await expectAccessible(theirs.page, "a change to sign");
    await theirs.sign(change, words, /^Sign this change too$/);
    await theirs.says("Signed: the change is made.");
    const cleo = await signsIn(page, all, CLEO);
    await expect(page.getByRole("search")).toBeVisible(PATIENCE);
    await cleo.deposit(all.reference);
    expect(await cleo.opened(["Card"], "Charge the card")).toEqual(CARD);

    // A change that the other drops
    await people.open();
    const entry = await people.act(CLEO.user, "Remove");
    await entry.getByLabel("Why?").selectOption({ label: "Another reason" });
    await entry.getByRole("button", { name: "Remove cleo" }).click();
    await people.says("waits for another admin’s signature");
    await theirs.page.getByRole("button", { name: "Look again" }).click();
    await theirs.entry("Needs a second signature", "cleo is removed (another reason).").getByRole("button", { name: "Drop this change" }).click();
    await theirs.says("The change was dropped.");
    await expect(theirs.section("Needs a second signature")).toHaveCount(0);

    // Another role needs two as well, and what the policy says of the role holds then
    const roles = await theirs.act(CLEO.user, "Roles");
    await roles.getByRole("checkbox").uncheck();
    await roles.getByLabel("Other roles").fill("shipping");
    await roles.getByRole("button", { name: "Change what cleo may do" }).click();
    await theirs.says("waits for another admin’s signature");
    await people.page.getByRole("button", { name: "Look again" }).click();
    const other = people.entry("Needs a second signature", "cleo works as shipping from then on.");
    await other.getByRole("button", { name: "Sign this change too" }).click();
    await people.says("Signed: the change is made.");
    await cleo.deposit(all.reference);
    await cleo.open(["Card"], "Charge the card");
    await expect(page.locator(".banner")).toContainText("may not open one of these kinds");
    await new People(cleo).open();
    await expect(new People(cleo).section("Invite somebody")).toHaveCount(0);
    await expectAccessible(page, "people, without the role admin");
  } finally {
    await all.close();
  }
});
