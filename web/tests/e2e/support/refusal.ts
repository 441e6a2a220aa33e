// A checkout that refuses, looked at from all sides: what the shopper reads, what the shop's page hears, and that nothing
// of what was typed goes anywhere.

import { expect } from "@playwright/test";
import { existsSync, readFileSync } from "node:fs";
import { SHOPPER, type Checkout } from "./checkout.ts";
import type { Demo } from "./demo.ts";
import { findLeaks } from "./leaks.ts";
import { NetworkLog } from "./network.ts";

/** What the element told the shop's page: event types with their codes. */
type Heard = readonly { readonly type: string; readonly code: string }[];

const TYPES = ["ready", "loaderror", "error", "sealed"];
const { email, phone, street, city, number, holder } = SHOPPER;
const TYPED = { email, phone, street, city, number, holder };

/** Sentences for shoppers, by what can be done about it (web/src/element/texts.ts). */
export const ADVICE = {
  refused: /did not pass their safety check.*Nothing you typed was sent/,
  silent: /did not start.*try again, or use another browser/,
  unreachable: /could not be loaded.*check your connection/,
};

export class Watched {
  readonly #log: NetworkLog;
  readonly #orders: string;
  readonly #ordersBefore: string;
  readonly #requests: string[] = [];

  private constructor(
    readonly checkout: Checkout,
    demo: Demo,
  ) {
    this.#log = new NetworkLog(checkout.page.context());
    this.#orders = demo.path("shop", "orders.jsonl");
    this.#ordersBefore = this.#book();
    checkout.page.on("request", (request) => this.#requests.push(`${request.method()} ${request.url()}`));
  }

  /** From here on everything is written down; before the page is opened. */
  static async from(checkout: Checkout, demo: Demo): Promise<Watched> {
    await checkout.page.addInitScript((types) => {
      const heard: { type: string; code: string }[] = [];
      Object.assign(window, { heard });
      for (const type of types) {
        document.addEventListener(
          type,
          (event) => {
            const code = (event as CustomEvent<{ code?: string } | null>).detail?.code ?? "";
            if ((event.target as Element).localName === "nightsafe-card") heard.push({ type, code });
          },
          true,
        );
      }
    }, TYPES);
    return new Watched(checkout, demo);
  }

  heard(): Promise<Heard> {
    return this.checkout.page.evaluate(() => (window as unknown as { heard: Heard }).heard);
  }

  /** How often a file was asked for. */
  asked(file: string): number {
    return this.#requests.filter((request) => request.includes(file)).length;
  }

  /** The element refused with this code after one retry, and nothing can be ordered. */
  async refused(code: string, advice: RegExp): Promise<void> {
    const { page, card } = this.checkout;
    await expect(card.getByRole("alert")).toContainText(`(${code})`, { timeout: 25_000 });
    await expect(card.getByRole("alert")).toContainText(advice);
    expect((await this.heard()).filter(({ type }) => type !== "error")).toEqual([{ type: "loaderror", code }]);
    await expect(card.getByRole("button", { name: "Try again" })).toBeVisible();
    await this.nothingGoes();
    // Also for a shop whose page has no guard of its own
    await page.evaluate(() => document.querySelector("nightsafe-card")?.replaceChildren());
    await this.checkout.buy.click();
    await expect.poll(() => this.heard()).toContainEqual({ type: "error", code });
    expect((await this.heard()).filter(({ type }) => type === "loaderror")).toHaveLength(1);
    await this.nothingGoes();
  }

  /** The shopper fills in what can be filled in and tries to order, by button and by Enter; nothing leaves the page. */
  async nothingGoes(): Promise<void> {
    const { page } = this.checkout;
    await this.checkout.fillContact();
    // In the mode that has the card in the shop's own page
    if (await page.getByLabel("Card number").isVisible()) await this.checkout.fillCard(SHOPPER, "inline");
    await this.checkout.buy.click({ force: true });
    await page.getByLabel("City").press("Enter");
    await page.evaluate(() => document.forms[0]?.requestSubmit());
    // Whatever was on its way is there when this later request has been answered
    await page.evaluate(() => {
      const image = new Image();
      image.src = `/static/owl.svg?${performance.now()}`;
      return image.decode();
    });
    await expect(page).toHaveURL(/\/checkout/);
    expect(this.#requests.filter((request) => request.startsWith("POST "))).toEqual([]);
    expect(this.#book(), "the shop took an order").toBe(this.#ordersBefore);
    const leaks = (await this.#log.all()).flatMap(({ where, bytes }) => findLeaks(TYPED, where, bytes));
    expect(leaks).toEqual([]);
  }

  #book(): string {
    return existsSync(this.#orders) ? readFileSync(this.#orders, "utf8") : "";
  }
}
