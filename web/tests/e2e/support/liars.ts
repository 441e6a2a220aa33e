// Servers that lie: an ingest that stores something else than it was sent, a vault that answers something else than it holds.

import type { Page, Route } from "@playwright/test";
import type { Wire } from "./forger.ts";

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
  readonly rows: readonly { readonly tag: string; readonly kind: string; readonly key_id: string; readonly envelope: string }[];
  readonly present: readonly { readonly tag: string; readonly envelope_hash: string }[];
}

const DEPOSITS = "**/v1/deposits";
const SEARCH = "**/v1/deposits/search";
const OPENINGS = "**/v1/openings";

/** Ingest stores what `alter` makes of the next deposits; the receipt is for that. Gives what the browser had posted. */
export async function lyingIngest(page: Page, alter: (deposit: Wire) => Wire | Promise<Wire>): Promise<() => Wire> {
  let posted: Wire | undefined;
  await page.route(DEPOSITS, async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    posted = route.request().postDataJSON() as Wire;
    await route.continue({ postData: JSON.stringify(await alter(posted)) });
  });
  return () => {
    if (posted === undefined) throw new Error("nothing was posted");
    return posted;
  };
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
    answering<{ deposits: Answered[] }>(route, async ({ deposits }) => ({ deposits: await Promise.all(deposits.map(alter)) })),
  );
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
