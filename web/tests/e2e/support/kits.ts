// Recovery kits: the section of the account page, and the way back by a code.

import { expect, type Locator, type Page } from "@playwright/test";
import type { Admin } from "./admin.ts";

/** Argon2id, and all else that is waited for. */
const PATIENCE = { timeout: 30_000 };

export class Kits {
  readonly page: Page;
  readonly section: Locator;
  /** What is printed. */
  readonly printed: Locator;

  constructor(admin: Admin) {
    this.page = admin.page;
    this.section = this.page.getByRole("region", { name: "Recovery kit" });
    this.printed = this.page.getByRole("article", { name: "The page to print" });
  }

  async open(): Promise<void> {
    await this.page.getByRole("button", { name: "Account" }).click();
    await expect(this.section.getByLabel("Your passphrase")).toBeVisible();
  }

  /** Shows the passphrase; gives the code that is on the page then. */
  async make(passphrase: string): Promise<string> {
    await this.section.getByLabel("Your passphrase").fill(passphrase);
    await this.section.getByRole("button", { name: /^Make a (?:new )?recovery kit$/ }).click();
    await expect(this.page.getByRole("heading", { name: "Print this page now" })).toBeFocused(PATIENCE);
    return (await this.printed.locator("ol > li").allTextContents()).join("-");
  }

  /** Types the two groups that are asked for, as `write` has them. */
  async typeBack(code: string, write: (group: string) => string = (group) => group): Promise<void> {
    const groups = code.split("-");
    for (const input of await this.section.locator("input.group").all()) {
      const number = Number(await input.getAttribute("data-group"));
      await input.fill(write(groups[number - 1] ?? ""));
    }
    await this.section.getByRole("button", { name: "Keep the kit" }).click();
  }

  async kept(): Promise<void> {
    await expect(this.section.locator(".made")).toContainText("You have a kit, made");
    await expect(this.printed).toHaveCount(0);
  }

  /** From the sign-in page to where a code is typed. */
  async lost(): Promise<void> {
    await this.page.getByRole("button", { name: "Lost your passphrase?" }).click();
    await expect(this.page.getByRole("heading", { name: "Lost your passphrase?" })).toBeFocused();
  }

  async show(user: string, code: string): Promise<void> {
    await this.page.getByLabel("Name").fill(user);
    await this.page.getByLabel("Recovery code").fill(code);
    await this.page.getByRole("button", { name: "Go on" }).click();
  }

  async renew(next: string, again = next): Promise<void> {
    await this.page.getByLabel("New passphrase", { exact: true }).fill(next);
    await this.page.getByLabel("New passphrase again").fill(again);
    await this.page.getByRole("button", { name: "Set the new passphrase" }).click();
  }
}
