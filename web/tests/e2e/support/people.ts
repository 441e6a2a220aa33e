// The people page of an admin, and whoever is invited.

import { expect, type Locator, type Page } from "@playwright/test";
import type { Admin } from "./admin.ts";

/** Argon2id, and all else that a sign-in waits for. */
const PATIENCE = { timeout: 30_000 };

export class People {
  readonly page: Page;

  constructor(admin: Admin) {
    this.page = admin.page;
  }

  /** Goes there, also when it is there. */
  async open(): Promise<void> {
    await this.page.getByRole("button", { name: "People" }).click();
    await expect(this.page.getByRole("heading", { name: "People", level: 1 })).toBeFocused();
    await expect(this.section("Admins and others")).toBeVisible();
  }

  section(name: string): Locator {
    return this.page.getByRole("region", { name });
  }

  /** An entry of a section, by the name of the person or the words of the change. */
  entry(section: string, name: string | RegExp): Locator {
    const heading = this.page.getByRole("heading", { level: 3, name });
    return this.section(section).locator("ul > li").filter({ has: heading });
  }

  /** Makes an invitation; gives the link. */
  async invite(name: string): Promise<string> {
    const form = this.section("Invite somebody");
    await form.getByLabel("Name", { exact: true }).fill(name);
    await form.getByRole("button", { name: "Make an invitation" }).click();
    return this.link(name);
  }

  /** The link that was just made. */
  async link(name: string): Promise<string> {
    const link = this.page.getByLabel(`Send this link to ${name}`);
    await expect(link).toBeFocused();
    return link.inputValue();
  }

  /** The words of an entry, as one text. */
  async words(entry: Locator): Promise<string> {
    await expect(entry.locator("ol.words > li")).toHaveCount(12);
    return (await entry.locator("ol.words > li").allTextContents()).join(" ");
  }

  /** Compares the words with those that the other read, ticks, and signs. */
  async sign(entry: Locator, words: string, press: RegExp): Promise<void> {
    expect(await this.words(entry)).toBe(words);
    await entry.getByRole("checkbox").check();
    await entry.getByRole("button", { name: press }).click();
  }

  /** Unfolds an action on a person. */
  async act(name: string, what: string): Promise<Locator> {
    const entry = this.entry("Admins and others", new RegExp(`^${name}`)).filter({ hasText: "Active" });
    await entry.locator("summary").filter({ hasText: what }).click();
    return entry;
  }

  /** What was said last, to everybody. */
  async says(text: string | RegExp): Promise<void> {
    await expect(this.page.locator(".status [role=status]")).toContainText(text);
  }
}

/** Opens a link and joins; gives the words. */
export async function joins(page: Page, link: string, passphrase: string): Promise<string> {
  await page.goto(link);
  await chooses(page, passphrase);
  await expect(page.getByRole("heading", { name: "Read these words to whoever invited you" })).toBeFocused(PATIENCE);
  return (await page.locator("ol.words > li").allTextContents()).join(" ");
}

/** Fills in and sends the form of the page to join. */
export async function chooses(page: Page, passphrase: string, again = passphrase): Promise<void> {
  await page.getByLabel("New passphrase", { exact: true }).fill(passphrase);
  await page.getByLabel("New passphrase again").fill(again);
  await page.getByRole("button", { name: "Join" }).click();
}
