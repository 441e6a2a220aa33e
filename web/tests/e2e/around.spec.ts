// Ways around what pins and policies are for, each as injected code in a page of ours would try it. What none of them may do: run
// another's code, or reach another's server. Each has its control: from the same server without the headers, it does what it is for.

import type { Page } from "@playwright/test";
import { complaints } from "./support/complaints.ts";
import type { Demo } from "./support/demo.ts";
import { Elsewhere } from "./support/elsewhere.ts";
import { BARE, Tampering, headersOf, ownHeaders, pinned, type Place } from "./support/published.ts";
import { expect, test } from "./support/test.ts";
import { FILES, IN, OUT, WORKERS, lacksAllowlist, type Attempt, type Way } from "./support/ways.ts";

const tampering = new Tampering();

// Where the tests' only network is the loopback, WebRTC would have none to use
test.use({
  launchOptions: async ({ launchOptions }, use) => use({ ...launchOptions, args: [...(launchOptions.args ?? []), "--allow-loopback-in-peer-connection"] }),
});

test.afterEach(() => tampering.undo());

const PLACES: Readonly<Record<Place, string>> = { fields: "frame", admin: "admin site" };

for (const [place, name] of Object.entries(PLACES) as [Place, string][]) {
  for (const [what, attempt] of Object.entries({ ...OUT, ...IN })) {
    test(`injected code in the ${name}: ${what}`, async ({ demo, page, context, browser }) => {
      const isLeftOut = attempt.allowlistOnly?.includes(place) === true && lacksAllowlist(browser.version());
      test.skip(isLeftOut, "this browser has no Connection-Allowlist, and nothing else stops it");
      await works(demo, place, page, attempt.way);
      tampering.undo();
      await isStopped(demo, place, await context.newPage(), attempt);
    });
  }

  for (const [what, attempt] of Object.entries(WORKERS)) {
    test(`injected code in the ${name}: ${what} of our own origin`, async ({ demo, page, context }) => {
      const alone = ownHeaders(headersOf(demo, place), await document(demo, place));
      for (const [file, text] of Object.entries(FILES)) tampering.add(demo.path("site", place, file), text);
      await works(demo, place, page, attempt.way);
      // The page as it is, and nothing that holds the worker itself
      tampering.headers(demo, place, { ...BARE, ...alone });
      await isStopped(demo, place, await context.newPage(), attempt);
    });
  }
}

/** The path of the page that the code is in. */
async function document(demo: Demo, place: Place): Promise<string> {
  return place === "admin" ? "/" : `/${(await pinned(demo)).frame}`;
}

/** The control: without headers it runs, or gets there. */
async function works(demo: Demo, place: Place, page: Page, way: Way): Promise<void> {
  tampering.headers(demo, place, BARE);
  const elsewhere = await Elsewhere.open();
  try {
    await page.goto(demo.at[place] + (await document(demo, place)));
    void go(page, way, elsewhere, demo.at[place]);
    const didWork = async (): Promise<boolean> => (await elsewhere.reached()) > 0 || (await injected(page));
    await expect.poll(didWork, { message: "without headers" }).toBe(true);
  } finally {
    await page.close();
    await elsewhere.close();
  }
}

/** The browser refuses it, for the reason that we count on, and nothing has run or got there. */
async function isStopped(demo: Demo, place: Place, page: Page, { way, by }: Attempt): Promise<void> {
  const elsewhere = await Elsewhere.open();
  try {
    const all = await complaints(page);
    await page.goto(demo.at[place] + (await document(demo, place)));
    all.length = 0;
    void go(page, way, elsewhere, demo.at[place]).then((thrown) => all.push(thrown));
    await expect.poll(() => all.join("\n")).toMatch(by);
    expect({ reached: await elsewhere.reached(), injected: await injected(page) }).toEqual({ reached: 0, injected: false });
  } finally {
    await elsewhere.close();
  }
}

/** Runs it as code of the page's own would; gives what it threw. */
function go(page: Page, way: Way, elsewhere: Elsewhere, here: string): Promise<string> {
  const [url, origin] = [`${elsewhere.origin}/x.js`, here].map((text) => JSON.stringify(text));
  // Out of the debugger's own call, which the browser lets evaluate
  const text = `new Promise((done) => setTimeout(done)).then(() => (${way.toString()})(${url}, ${origin})).then(() => "", String)`;
  // Some lead away, and nothing comes back from there
  return page.evaluate<string>(text).catch(() => "");
}

/** A page that was led away has nothing of it. */
function injected(page: Page): Promise<boolean> {
  return page.evaluate(() => "injected" in window).catch(() => false);
}
