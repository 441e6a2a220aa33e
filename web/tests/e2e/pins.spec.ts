// The frame's document names another loader, or the right one in a way that does not count. Each case three times: without any
// header it runs, with Integrity-Policy alone as that has it, and with all headers never.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Demo } from "./support/demo.ts";
import { Elsewhere } from "./support/elsewhere.ts";
import { BARE, Tampering, headersOf, pinned } from "./support/published.ts";
import { ADVICE, Watched } from "./support/refusal.ts";
import { send } from "./support/signing.ts";
import { expect, test } from "./support/test.ts";

const tampering = new Tampering();

test.afterEach(() => tampering.undo());

/** Runs as a module and as what is none. */
const CODE = "globalThis.injected = 1;";
const OF_CODE = integrityOf(CODE);

interface Case {
  /** `elsewhere` is a server that has the same code. */
  readonly change: (html: string, loader: string, elsewhere: string) => string;
  /** What Integrity-Policy stops without any other header: whatever is not pinned, by whomever. */
  readonly isUnpinned: boolean;
}

const PINS: Readonly<Record<string, Case>> = {
  "no integrity": { change: (html) => withIntegrity(html, ""), isUnpinned: true },
  "an empty integrity": { change: (html) => withIntegrity(html, ' integrity=""'), isUnpinned: true },
  "an integrity of a hash that browsers do not know": {
    change: (html) => withIntegrity(html, ' integrity="md5-1B2M2Y8AsgTpgAmY7PhCfg=="'),
    isUnpinned: true,
  },
  "an integrity that cannot be read": { change: (html) => html.replace('integrity="sha384-', 'integrity="sha384:'), isUnpinned: true },
  "an integrity of other signs": { change: (html) => withIntegrity(html, ' integrity="sha384-!!!"'), isUnpinned: true },
  "an empty integrity in front of the good one": {
    change: (html) => html.replace(' integrity="', ' INTEGRITY="" integrity="'),
    isUnpinned: true,
  },
  "an integrity of its own": { change: (html) => withIntegrity(html, ` integrity="${OF_CODE}"`), isUnpinned: false },
  "two of them, of which one is good": {
    change: (html) => html.replace('integrity="sha384-', `integrity="${OF_CODE} sha384-`),
    isUnpinned: false,
  },
  "no module, and no crossorigin": {
    change: (html) =>
      withIntegrity(html, ` integrity="${OF_CODE}"`).replace('type="module" ', "").replace(/ crossorigin(="[^"]*")?/, ""),
    isUnpinned: true,
  },
  "a map of other pins": {
    change: (html, loader) =>
      withIntegrity(html, "").replace("<script ", `<script type="importmap">{"integrity":{"./${loader}":"${OF_CODE}"}}</script><script `),
    isUnpinned: false,
  },
  "a base elsewhere": {
    change: (html, _, elsewhere) => withIntegrity(html, ` integrity="${OF_CODE}"`).replace("<head>", `<head><base href="${elsewhere}/">`),
    isUnpinned: false,
  },
  "a base elsewhere, with no integrity": {
    change: (html, _, elsewhere) => withIntegrity(html, "").replace("<head>", `<head><base href="${elsewhere}/">`),
    isUnpinned: true,
  },
  "a module that imports it": {
    change: (html, loader) => html.replace(/<script [^>]*src="[^"]*"[^>]*>/, `<script type="module">import "./${loader}";`),
    isUnpinned: true,
  },
  "preloaded, with no pin": {
    change: (html, loader) => withIntegrity(html, "").replace("<script ", `<link rel="modulepreload" href="${loader}"><script `),
    isUnpinned: true,
  },
};

for (const [name, { change, isUnpinned }] of Object.entries(PINS)) {
  test(`another loader does not run: ${name}`, async ({ page, demo }) => {
    const elsewhere = await Elsewhere.open(CODE);
    try {
      const { frame, loader } = await pinned(demo);
      const policy = headersOf(demo, "fields")["*"]?.["Integrity-Policy"] ?? "";
      tampering.text(demo.published(frame), (html) => change(html, loader, elsewhere.origin));
      tampering.text(demo.published(loader), () => CODE);
      // Modules have run, or failed, before a page has loaded
      const runs = async (): Promise<boolean> => {
        await page.goto(`${demo.at.fields}/${frame}`);
        return page.evaluate(() => "injected" in window);
      };
      tampering.headers(demo, "fields", BARE);
      expect(await runs(), "without headers").toBe(true);
      tampering.headers(demo, "fields", { ...BARE, [`/${frame}`]: { "Integrity-Policy": policy } });
      expect(await runs(), "with Integrity-Policy alone").toBe(!isUnpinned);
      tampering.undoOf(demo.path("site", "fields-headers.json"));
      unsigned(demo, loader);
      expect(await runs()).toBe(false);
    } finally {
      await elsewhere.close();
    }
  });
}

test("two sha384, of which one is the loader's: it runs", async ({ demo, checkout, page }) => {
  const { frame } = await pinned(demo);
  tampering.text(demo.published(frame), (html) => html.replace('integrity="sha384-', `integrity="${OF_CODE} sha384-`));
  // Where a policy has hashes, it wants all of them: with ours it is another loader, above. The loader wants the module's signature
  tampering.headers(demo, "fields", { ...BARE, ...signatures(demo) });
  await checkout.open();
  await checkout.ready();
  expect(page.frames()).toHaveLength(2);
});

/** In the loader's anchor, while every hash above it is right. Other forms are the unit test's (readAddresses). */
const MALFORMED: Readonly<Record<string, string>> = {
  "that is empty": "",
  "that cannot be read": "sha384-!!!",
};

for (const [name, integrity] of Object.entries(MALFORMED)) {
  test(`a loader with an integrity of the WASM ${name}: nothing runs`, async ({ page, demo, checkout }) => {
    const { frame, loader, wasm, wasm_portable: portable } = await pinned(demo);
    const file = demo.published(loader);
    const before = integrityOf(readFileSync(file));
    tampering.text(file, (text) => text.replaceAll(/(wasm(?:-portable)? [\w.-]+ )sha384-[^\\\n"`]*/g, (_, line: string) => line + integrity));
    const after = integrityOf(readFileSync(file));
    tampering.text(demo.published(frame), (html) => html.replace(before, after));
    tampering.headers(demo, "fields", JSON.parse(JSON.stringify(headersOf(demo, "fields")).replaceAll(before, after)) as ReturnType<typeof headersOf>);
    unsigned(demo, loader);
    tampering.bytes(demo.published(wasm), () => readFileSync(demo.published(portable)));

    const watched = await Watched.from(checkout, demo);
    await checkout.open();
    await watched.refused("anchor_malformed", ADVICE.refused);
    expect([wasm, portable].map((name) => watched.asked(name)), "it was not even asked for").toEqual([0, 0]);
    // The control: browsers take such a pin for none
    const fetches = (pin: string): Promise<boolean> =>
      page.evaluate(([url, pin]) => fetch(url, { integrity: pin }).then(({ ok }) => ok, () => false), [`${demo.at.fields}/${wasm}`, pin] as const);
    tampering.headers(demo, "fields", BARE);
    await page.goto(`${demo.at.fields}/no-such-file`);
    expect({ malformed: await fetches(integrity), wrong: await fetches(OF_CODE) }).toEqual({ malformed: true, wrong: false });
  });
}

/** Sent without its signature, which browsers hold against the bytes also where nobody pins them. */
function unsigned(demo: Demo, loader: string): void {
  send(tampering, demo, `/${loader}`, undefined);
}

/** Of all headers, those of signatures alone. */
function signatures(demo: Demo): ReturnType<typeof headersOf> {
  const isSignature = ([name]: [string, string]): boolean => /^(Signature|Unencoded-Digest)/.test(name);
  const own = Object.entries(headersOf(demo, "fields")).map(([path, all]) => [path, Object.fromEntries(Object.entries(all).filter(isSignature))]);
  return Object.fromEntries(own.filter(([path]) => path !== "*")) as ReturnType<typeof headersOf>;
}

function integrityOf(bytes: string | Buffer): string {
  return `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
}

/** The one script's pin exchanged. */
function withIntegrity(html: string, attribute: string): string {
  return html.replace(/ integrity="[^"]*"/, attribute);
}
