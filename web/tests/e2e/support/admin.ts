// The admin: signs in, finds a deposit, opens fields for a purpose.

import { expect, type Locator, type Page } from "@playwright/test";
import type { Addresses } from "./demo.ts";

/** Opened values as they stand on the page: field title, then part, then text. */
export type Shown = Readonly<Record<string, Readonly<Record<string, string>>>>;

type Credentials = Addresses["admin_login"];

export class Admin {
  /** "Is it what the customer sent?" */
  readonly integrity: Locator;
  /** The values that were opened last, while they are shown. */
  readonly revealed: Locator;
  readonly history: Locator;
  readonly results: Locator;

  constructor(
    readonly page: Page,
    private readonly demo: { readonly at: Pick<Addresses, "admin" | "admin_login"> },
  ) {
    this.integrity = page.getByRole("region", { name: "Is it what the customer sent?" });
    this.revealed = page.getByRole("region", { name: "Open now" }).last();
    this.history = page.getByRole("region", { name: "Opened before" });
    this.results = page.getByRole("table");
  }

  /** The vault lets one name try ten times at once, then once in 30 seconds: tests share `desk` where they can. */
  async signIn(): Promise<void> {
    await this.page.goto(this.demo.at.admin);
    await this.credentials();
    await expect(this.page.getByRole("search")).toBeVisible({ timeout: 60_000 });
  }

  /** Fills in and sends the form, also after a lock. Nothing given: what the demo was made with. */
  async credentials({ user, passphrase }: Partial<Credentials> = {}): Promise<void> {
    const right = this.demo.at.admin_login;
    await this.page.getByLabel("Name").fill(user ?? right.user);
    await this.page.getByLabel("Passphrase").fill(passphrase ?? right.passphrase);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  /** Searches by what the form's labels name, and by nothing else. */
  async find(by: { reference?: string; brand?: string; last4?: string; postal?: string; day?: string }): Promise<void> {
    const back = this.page.getByRole("link", { name: "All deposits" });
    if (await back.isVisible()) await back.click();
    const form = this.page.getByRole("search");
    await form.getByLabel("Order reference").fill(by.reference ?? "");
    await form.getByLabel("Card brand").selectOption({ label: by.brand ?? "Any brand" });
    await form.getByLabel("Last four").fill(by.last4 ?? "");
    await form.getByLabel("Postal code").fill(by.postal ?? "");
    await form.getByLabel("Day").fill(by.day ?? "");
    const answered = this.page.waitForResponse((response) => response.url().endsWith("/v1/deposits/search"));
    await form.getByRole("button", { name: "Find" }).click();
    await answered;
    await expect(this.page.locator(".results")).not.toHaveAttribute("aria-busy", "true");
  }

  link(reference: string): Locator {
    return this.page.getByRole("link", { name: reference, exact: true });
  }

  /** Goes to the page of the deposit with this reference; the vault takes it within a moment of the order. */
  async deposit(reference: string): Promise<void> {
    await expect(async () => {
      await this.find({ reference });
      await expect(this.link(reference)).toBeVisible({ timeout: 1 });
    }).toPass({ timeout: 20_000 });
    await this.link(reference).click();
    await expect(this.page.getByRole("heading", { level: 1, name: reference })).toBeVisible();
    await expect(this.integrity).not.toContainText("Comparing");
  }

  /** Chooses sealed fields by their titles and a purpose, and opens them. */
  async open(titles: readonly string[], purpose: string): Promise<void> {
    for (const title of titles) await this.page.getByRole("checkbox", { name: title, exact: true }).check();
    await this.page.getByLabel("What do you need it for?").selectOption({ label: purpose });
    await this.page.getByRole("button", { name: /^Open/ }).click();
  }

  /** Opens, and reads what is then shown. */
  async opened(titles: readonly string[], purpose: string): Promise<Shown> {
    await this.open(titles, purpose);
    await expect(this.revealed).toBeVisible();
    return this.shown();
  }

  async shown(): Promise<Shown> {
    return this.revealed.locator(".value").evaluateAll((blocks) =>
      Object.fromEntries(
        blocks.map((block) => [
          block.querySelector("h4")?.textContent ?? "",
          Object.fromEntries(
            [...block.querySelectorAll(".part")].map((part) => [
              part.querySelector("dt")?.textContent ?? "",
              part.querySelector("dd.plain")?.textContent ?? "",
            ]),
          ),
        ]),
      ),
    );
  }

  /** The sentences about what is not as the customer sent it. */
  async differences(): Promise<string[]> {
    return this.integrity.locator(".difference .what").allTextContents();
  }
}
