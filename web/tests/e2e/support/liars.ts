// Servers that lie: an ingest that stores something else than it was sent, a vault that answers something else than it holds.

import type { Page, Route } from "@playwright/test";
import type { Demo } from "./demo.ts";
import { receiptFor, type Wire } from "./forger.ts";

/** What the vault answers to a search (crates/proto/src/vault/search.rs). */
export interface FoundRow {
  readonly deposit_id: string;
  readonly site: string;
  readonly reference: string;
  readonly manifest: string;
  readonly key_id: string;
  readonly facets: Readonly<Record<string, string>>;
  readonly locator: string;
}

/** What the vault answers to an opening, for one deposit (crates/proto/src/vault/openings.rs). */
export interface Answered {
  readonly deposit_id: string;
  readonly rows: readonly { readonly tag: string; readonly kind: string; readonly key_id: string; readonly expires: string; readonly envelope: string }[];
  readonly present: readonly { readonly tag: string; readonly envelope_hash: string; readonly point?: string }[];
}

/** What the admin's browser asks for, for one deposit. */
export interface Asked {
  readonly deposit_id: string;
  readonly open: readonly { readonly tag: string }[];
  readonly check: readonly string[];
}

const DEPOSITS = "**/v1/deposits";
const SEARCH = "**/v1/deposits/search";
const OPENINGS = "**/v1/openings";

/** Ingest has the key that signs receipts: it stores what `alter` makes of a deposit, and vouches for what was posted. */
export async function lyingIngest(page: Page, demo: Demo, alter: (deposit: Wire) => Wire | Promise<Wire>): Promise<void> {
  const key = demo.read("keys", "receipt.key");
  await page.route(DEPOSITS, async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    const posted = route.request().postDataJSON() as Wire;
    const response = await route.fetch({ postData: JSON.stringify(await alter(posted)) });
    if (!response.ok()) throw new Error(`ingest answered ${response.status()}: ${await response.text()}`);
    await route.fulfill({ response, json: { deposit_id: posted.id, receipt: receiptFor(posted, key) } });
  });
}

/** Another deposit is sent on in the place of the one that the browser posted, as somebody on the way could. */
export async function onTheWay(page: Page, alter: (deposit: Wire) => Wire): Promise<void> {
  await page.route(DEPOSITS, async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    await route.continue({ postData: JSON.stringify(alter(route.request().postDataJSON() as Wire)) });
  });
}

/** The vault changes each row that it finds. */
export async function lyingSearch(page: Page, alter: (row: FoundRow) => FoundRow): Promise<void> {
  await page.route(SEARCH, (route) =>
    answering<{ deposits: FoundRow[] }>(route, (answer) => ({ ...answer, deposits: answer.deposits.map(alter) })),
  );
}

/** The vault changes what it holds under the tags that it is asked for. */
export async function lyingOpenings(page: Page, alter: (answer: Answered) => Answered | Promise<Answered>): Promise<void> {
  await page.route(OPENINGS, (route) =>
    answering<{ deposits: Answered[] }>(route, async ({ deposits, ...rest }) => ({ ...rest, deposits: await Promise.all(deposits.map(alter)) })),
  );
}

/** The vault makes its answer up; it is not even asked. */
export async function inventedOpenings(page: Page, answer: (request: Asked) => Answered): Promise<void> {
  await page.route(OPENINGS, (route) => {
    const { deposits } = route.request().postDataJSON() as { deposits: Asked[] };
    const headers = {
      "access-control-allow-origin": route.request().headers()["origin"] ?? "",
      "access-control-allow-credentials": "true",
    };
    return route.fulfill({ headers, json: { deposits: deposits.map(answer) } });
  });
}

/** From here on the vault tells the truth again. */
export async function honest(page: Page): Promise<void> {
  await page.unrouteAll({ behavior: "wait" });
}

async function answering<T>(route: Route, alter: (answer: T) => T | Promise<T>): Promise<void> {
  if (route.request().method() !== "POST") return route.fallback();
  const response = await route.fetch();
  await route.fulfill({ response, json: await alter((await response.json()) as T) });
}
