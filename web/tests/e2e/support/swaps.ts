// What the tests of swaps share: two honest orders, somebody who can seal, and what a refused card looks like.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, type APIRequestContext, type Browser } from "@playwright/test";
import type { Admin } from "./admin.ts";
import { AMEX, Checkout, SHOPPER, type Typed } from "./checkout.ts";
import type { Demo } from "./demo.ts";
import { Forger, type Wire } from "./forger.ts";

export const CHARGE = "Charge the card";

/** A card that no shopper typed. */
export const FORGED = { number: "5105105105105100", expiry: "2031-01", holder: "Somebody Else" };
const FORGED_SHOWN = "5105 1051 0510 5100";

export const INTACT = "Yes. All 4 sealed fields are as the customer’s browser sent them.";
export const REPLACED = "The card stored for this order was replaced after the customer sent it.";
export const RESEALED =
  "The card stored for this order was replaced after the customer sent it: somebody else sealed one in its place.";
export const EXCHANGED =
  "The card stored for this order was replaced after the customer sent it, by one from elsewhere or by a damaged one.";
export const MISSING = "The card that the customer sent is no longer in the vault.";
export const OTHER_ORDER =
  "The order reference was changed after the customer sent it: these fields belong to another order.";

/** A reference that no other order has. */
export function fresh(name: string): string {
  return `${name}-${randomBytes(4).toString("hex")}`;
}

/** Two orders of two shoppers, sent by an honest browser to an honest ingest, as they were posted. */
export interface Honest {
  readonly visa: Wire;
  readonly amex: Wire;
  readonly forger: Forger;
}

export async function honestOrders(browser: Browser, demo: Demo): Promise<Honest> {
  const page = await browser.newPage();
  const buy = async (who: Typed): Promise<Wire> => {
    const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/v1/deposits"));
    await new Checkout(page, demo).purchase(who, "mixed");
    return (await sent).postDataJSON() as Wire;
  };
  const file = (name: string): Buffer => readFileSync(demo.published(name));
  const forger = new Forger(file("key-manifest").toString(), file);
  const honest = { visa: await buy(SHOPPER), amex: await buy(AMEX), forger };
  await page.close();
  return honest;
}

/** Posts a deposit as anybody can; gives the status and, for a refusal, the problem's name. */
export async function post(request: APIRequestContext, demo: Demo, deposit: Wire): Promise<string> {
  const answer = await request.post(`${demo.at.ingest}/v1/deposits`, { data: deposit });
  const { type = "" } = (await answer.json()) as { type?: string };
  return `${answer.status()} ${type.split("/").at(-1)}`.trim();
}

/** Opens the card: the sentence names what was done, and no card is shown, neither the customer's nor another. */
export async function refusesTheCard(desk: Admin, sentence: string): Promise<void> {
  await desk.open(["Card"], CHARGE);
  await expect(desk.integrity).toContainText(sentence);
  expect(await desk.differences()).toEqual([sentence]);
  await expect(desk.integrity).toHaveAttribute("data-state", "danger");
  await expect(desk.revealed).toHaveCount(0);
  const page = await desk.page.content();
  for (const number of [FORGED_SHOWN, AMEX.number, SHOPPER.number]) expect(page).not.toContain(number);
}
