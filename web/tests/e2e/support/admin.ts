// The admin: signs in, finds a deposit, opens fields for a purpose.

import { expect, type Locator, type Page } from "@playwright/test";
import type { Demo } from "./demo.ts";

export class Admin {
  constructor(
    readonly page: Page,
    private readonly demo: Demo,
  ) {}

  async signIn(): Promise<void> {
    const { user, passphrase } = this.demo.at.admin_login;
    await this.page.goto(this.demo.at.admin);
    await this.page.getByLabel("Name").fill(user);
    await this.page.getByLabel("Passphrase").fill(passphrase);
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await expect(this.page.getByRole("search")).toBeVisible({ timeout: 60_000 });
  }

  /** Searches by what the form's labels name. */
  async find(by: { reference?: string; brand?: string; last4?: string; postal?: string; day?: string }): Promise<void> {
    const form = this.page.getByRole("search");
    if (by.reference !== undefined) await form.getByLabel("Order reference").fill(by.reference);
    if (by.brand !== undefined) await form.getByLabel("Card brand").selectOption({ label: by.brand });
    if (by.last4 !== undefined) await form.getByLabel("Last four").fill(by.last4);
    if (by.postal !== undefined) await form.getByLabel("Postal code").fill(by.postal);
    if (by.day !== undefined) await form.getByLabel("Day").fill(by.day);
    await form.getByRole("button", { name: "Find" }).click();
  }

  /** Goes to the page of the deposit with this reference; the vault takes it within a moment of the order. */
  async deposit(reference: string): Promise<void> {
    await expect(async () => {
      await this.find({ reference });
      await expect(this.page.getByRole("link", { name: reference })).toBeVisible({ timeout: 1_000 });
    }).toPass();
    await this.page.getByRole("link", { name: reference }).click();
    await expect(this.page.getByRole("heading", { level: 1, name: reference })).toBeVisible();
  }

  /** Opens sealed fields by their titles, for a purpose. */
  async openFields(titles: readonly RegExp[], purpose: string): Promise<Locator> {
    for (const title of titles) await this.page.getByRole("checkbox", { name: title }).check();
    await this.page.getByLabel("What do you need it for?").selectOption({ label: purpose });
    await this.page.getByRole("button", { name: /^Open/ }).click();
    const revealed = this.page.getByRole("region", { name: "Open now" });
    await expect(revealed).toBeVisible();
    return revealed;
  }
}
