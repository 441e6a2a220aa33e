// The shopper: fills in the demo shop's checkout and places the order.

import { expect, type FrameLocator, type Locator, type Page } from "@playwright/test";

export type Mode = "hosted" | "inline" | "mixed";

/** What a shopper types. Numbers are the schemes' published test numbers. */
export interface Typed {
  readonly number: string;
  readonly expiry: string;
  readonly holder: string;
  readonly email: string;
  readonly phone: string;
  readonly street: string;
  readonly postal: string;
  readonly city: string;
  /** ISO 3166 alpha-2 */
  readonly country: string;
}

export const SHOPPER: Typed = {
  number: "4111 1111 1111 1111",
  expiry: "12 / 29",
  holder: "Ottilie Kauzenberg",
  email: "ottilie.kauzenberg@example.org",
  phone: "+49 30 901820417",
  street: "Eulenspiegelgasse 47b",
  postal: "10715",
  city: "Wilmersdorf an der Spree",
  country: "DE",
};

/** American Express: 15 digits. */
export const AMEX: Typed = {
  number: "3782 822463 10005",
  expiry: "07 / 31",
  holder: "Theodora Nachtegaal",
  email: "theodora.nachtegaal@example.org",
  phone: "+31 20 7940917",
  street: "Korenbloemstraat 118",
  postal: "3551 XK",
  city: "Oudewatervliet",
  country: "NL",
};

/** A Mastercard of the 2-series. */
export const MASTERCARD: Typed = {
  number: "2223 0031 2200 3222",
  expiry: "03 / 30",
  holder: "Corentin Hibouvert",
  email: "corentin.hibouvert@example.org",
  phone: "+33 1 99 00 62 13",
  street: "12 rue du Chat-Huant",
  postal: "49320",
  city: "Brissarthe-les-Chouettes",
  country: "FR",
};

export class Checkout {
  readonly frame: FrameLocator;
  readonly card: Locator;
  readonly buy: Locator;

  constructor(
    readonly page: Page,
    private readonly shop: { readonly at: { readonly shop: string } },
  ) {
    this.card = page.locator("nightsafe-card");
    this.frame = this.card.frameLocator("iframe");
    this.buy = page.getByRole("button", { name: /place the order/i });
  }

  async open(mode: Mode = "mixed"): Promise<void> {
    await this.page.goto(`${this.shop.at.shop}/checkout?mode=${mode}`);
  }

  /** The frame has verified everything and takes input, and the page, another process, has heard of it and shows it. */
  async ready(): Promise<void> {
    await expect(this.cardInput("cc-number")).toBeEditable();
    await expect(this.card.locator("iframe")).toBeVisible();
  }

  /** An input of the card, by its autocomplete token, in the frame or in the shop's own page. */
  cardInput(token: "cc-number" | "cc-exp" | "cc-name", mode: Mode = "mixed"): Locator {
    const selector = `input[autocomplete="${token}"]`;
    return mode === "inline" ? this.page.locator(selector) : this.frame.locator(selector);
  }

  async fillCard({ number, expiry, holder }: Typed = SHOPPER, mode: Mode = "mixed"): Promise<void> {
    await this.cardInput("cc-number", mode).pressSequentially(number.replaceAll(" ", ""));
    await this.cardInput("cc-exp", mode).pressSequentially(expiry.replaceAll(/\D/g, ""));
    await this.cardInput("cc-name", mode).fill(holder);
  }

  async fillContact(typed: Typed = SHOPPER): Promise<void> {
    await this.page.getByLabel("E-mail").fill(typed.email);
    await this.page.getByLabel("Phone").fill(typed.phone);
    await this.page.getByLabel("Street and number").fill(typed.street);
    await this.page.getByLabel("Postal code").fill(typed.postal);
    await this.page.getByLabel("City").fill(typed.city);
    await this.page.getByLabel("Country").selectOption(typed.country);
  }

  async fill(typed: Typed = SHOPPER, mode: Mode = "mixed"): Promise<void> {
    if (mode !== "inline") await this.ready();
    await this.fillCard(typed, mode);
    if (mode !== "hosted") await this.fillContact(typed);
  }

  /** The whole purchase; returns the order's reference and the deposit's id. */
  async purchase(typed: Typed = SHOPPER, mode: Mode = "mixed"): Promise<Order> {
    await this.open(mode);
    await this.fill(typed, mode);
    await this.buy.click();
    return this.ordered();
  }

  /** Reads the order page. */
  async ordered(): Promise<Order> {
    await expect(this.page).toHaveURL(/\/orders\/OE-/);
    const deposit = (await this.page.locator("[data-nightsafe-receipt]").textContent()) ?? "";
    expect(deposit).toMatch(/^[0-9a-f]{64}$/);
    return { reference: new URL(this.page.url()).pathname.split("/").at(-1) ?? "", deposit };
  }
}

export interface Order {
  readonly reference: string;
  readonly deposit: string;
}
