// `cargo xtask bench seal`: how soon and how fast a browser seals a card number with Nightsafe, beside libsodium's
// sealed box and beside the same HPKE suite in JavaScript.
//
// Method. One headless Chromium, one static server for all (same headers, brotli 11), one page each: a document with
// one module script, minified by the same esbuild settings. A run visits the three pages in turn, each in a browser
// context of its own, thus in a process of its own with an empty cache; runs follow each other as A B C A B C.
//
//  - First seal: milliseconds from the navigation's start (`performance.timeOrigin`) until the page holds the first
//    sealed number. Nightsafe fetches its WASM by hash, the signed key manifest, and the timestamp from a running
//    ingest on an origin of its own, verifies both, and makes a whole deposit (a card and its locator: two envelopes).
//    The other two find their public key in the document and make one message.
//  - Per seal: the page goes on for half a second uncounted, then for half a second counted. The others seal 16 bytes a
//    message, HPKE with one set-up each. Nightsafe makes deposits of 32 cards through the bindings that the frame uses,
//    from texts to JSON, divided by the 32: the locator, formatting, checks, padding, tags, hashes are in the time.
//
// Everything that a visit sealed first and last is opened afterwards with the private keys: Nightsafe's by storing it
// in a real ingest and vault and running `nightsafe open`. What cannot be opened ends the bench. No time is asserted.

import { parseArgs } from "node:util";
import { chromium, type Browser, type Page } from "playwright-core";
import { contestants, type Contestant, type Sample } from "./contestants.ts";
import { FIRST, MANY } from "./numbers.ts";
import type {} from "./pages/harness.ts"; // globalThis.bench
import { reportOf, tableOf, type Visit } from "./report.ts";
import { StaticServer } from "./server.ts";
import { Site } from "./site.ts";

const WARM_UP = 500;
const COUNTED = 500;

/** Chromium's sandbox cannot be used by root. */
const SANDBOX = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const FLAGS = ["--disable-background-networking", "--disable-component-update", "--disable-gpu", "--disable-sync", "--no-first-run"];

const text = { type: "string", default: "" } as const;
const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "15" },
    json: { type: "boolean", default: false },
    chromium: text,
    nightsafe: text,
    assets: text,
    xtask: text,
  },
});

await main();

async function main(): Promise<void> {
  const server = await StaticServer.start();
  const undo = [() => server.stop()];
  try {
    const site = await Site.start(options, server.origin);
    undo.push(() => site.stop());
    const browser = await chromium.launch({ executablePath: options.chromium, args: [...SANDBOX, ...FLAGS] });
    undo.push(() => browser.close());
    const all = await contestants(server, site, `${import.meta.dirname}/pages`);
    const visits = await measure(browser, server, all, Number(options.runs));
    console.error("==> opening what was sealed");
    for (const [contestant, , samples] of visits) await contestant.check(samples);
    const report = reportOf(browser.version(), visits.map(([contestant, times]) => [contestant, times]));
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : tableOf(report, all));
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function measure(
  browser: Browser,
  server: StaticServer,
  all: readonly Contestant[],
  runs: number,
): Promise<readonly (readonly [Contestant, Visit[], Sample[]])[]> {
  const visits = all.map((contestant) => [contestant, [] as Visit[], [] as Sample[]] as const);
  server.put("/empty/", "<!doctype html><title>empty</title>");
  await visit(browser, `${server.origin}/empty/`, async () => undefined); // the browser's own start is nobody's time
  for (let run = 1; run <= runs; run++) {
    console.error(`==> run ${run} of ${runs}`);
    for (const [{ url }, times, samples] of visits) {
      const { first, repeated } = await visit(browser, url, async (page) => ({
        first: await page.evaluate(() => globalThis.bench.first),
        repeated: await page.evaluate(([warmUp, counted]) => globalThis.bench.repeat(warmUp, counted), [WARM_UP, COUNTED] as const),
      }));
      times.push({ first: first.milliseconds, seal: repeated.milliseconds });
      samples.push({ sealed: [first.sealed], numbers: [FIRST] }, { sealed: repeated.sealed, numbers: MANY });
    }
  }
  return visits;
}

/** Opens a page in a context of its own. */
async function visit<T>(browser: Browser, url: string, work: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(url);
    return await work(page);
  } finally {
    await context.close();
  }
}
