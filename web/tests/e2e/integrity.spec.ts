// Each published file changed on the server's disk, one at a time: the checkout refuses, says so, and sends nothing.

import { readFileSync } from "node:fs";
import { ADVICE, Watched } from "./support/refusal.ts";
import { Tampering, flipBit, pinned, type Pinned } from "./support/published.ts";
import { Site, dataKeys } from "./support/site.ts";
import { expect, test } from "./support/test.ts";
import type { Demo } from "./support/demo.ts";

const tampering = new Tampering();

test.afterEach(() => tampering.undo());

/** The published file of a data key, by its place in the manifest. */
function keyFile(demo: Demo, place: number): string {
  return demo.published(`data-key-${dataKeys(new Site(demo).manifest)[place]?.id}`);
}

function activeKey(demo: Demo): string {
  return keyFile(demo, 0);
}

interface Case {
  readonly what: string;
  readonly tamper: (demo: Demo, files: Pinned) => void;
  readonly code: string;
  readonly advice: RegExp;
}

const CASES: readonly Case[] = [
  {
    what: "WASM: one bit",
    tamper: (demo, { wasm }) => tampering.bytes(demo.published(wasm), flipBit),
    code: "module_refused",
    advice: ADVICE.refused,
  },
  {
    what: "WASM: only the compressed copy",
    tamper: (demo, { wasm }) => tampering.bytes(demo.published(`${wasm}.br`), flipBit),
    code: "module_refused",
    advice: ADVICE.refused,
  },
  {
    what: "WASM: another module of the same release",
    tamper: (demo, { wasm, wasm_portable: other }) => tampering.bytes(demo.published(wasm), () => readFileSync(demo.published(other))),
    code: "module_refused",
    advice: ADVICE.refused,
  },
  {
    what: "WASM: gone",
    tamper: (demo, { wasm }) => tampering.remove(demo.published(wasm)),
    code: "module_unreachable",
    advice: ADVICE.unreachable,
  },
  {
    what: "loader: another ingest in the anchor",
    tamper: (demo, { loader }) =>
      tampering.text(demo.published(loader), (text) => text.replace(demo.at.ingest, "http://localhost:1")),
    code: "frame_silent",
    advice: ADVICE.silent,
  },
  {
    what: "frame: it asks for a loader of another hash",
    tamper: (demo, { frame }) =>
      tampering.text(demo.published(frame), (text) => text.replace(/integrity="sha384-./, 'integrity="sha384-=')),
    code: "frame_silent",
    advice: ADVICE.silent,
  },
  {
    what: "key manifest: one word of a label",
    tamper: (demo) => tampering.text(demo.published("key-manifest"), (text) => text.replace("label en Card", "label en Cart")),
    code: "manifest_bad_signature",
    advice: ADVICE.refused,
  },
  {
    what: "key manifest: cut off",
    tamper: (demo) => tampering.text(demo.published("key-manifest"), (text) => text.slice(0, 400)),
    code: "manifest_malformed",
    advice: ADVICE.refused,
  },
  {
    what: "key manifest: gone",
    tamper: (demo) => tampering.remove(demo.published("key-manifest")),
    code: "manifest_unreachable",
    advice: ADVICE.unreachable,
  },
  {
    what: "data key: one bit",
    tamper: (demo) => tampering.bytes(activeKey(demo), flipBit),
    code: "data_key_refused",
    advice: ADVICE.refused,
  },
  {
    what: "data key: the next one's bytes in its place",
    tamper: (demo) => tampering.bytes(activeKey(demo), () => readFileSync(keyFile(demo, 1))),
    code: "data_key_refused",
    advice: ADVICE.refused,
  },
  {
    what: "data key: cut off",
    tamper: (demo) => tampering.bytes(activeKey(demo), (bytes) => bytes.subarray(0, 1000)),
    code: "data_key_refused",
    advice: ADVICE.refused,
  },
  {
    what: "data key: gone",
    tamper: (demo) => tampering.remove(activeKey(demo)),
    code: "data_key_unreachable",
    advice: ADVICE.unreachable,
  },
];

for (const { what, tamper, code, advice } of CASES) {
  test(what, async ({ demo, checkout }) => {
    const files = await pinned(demo);
    tamper(demo, files);
    const watched = await Watched.from(checkout, demo);
    await checkout.open();
    await watched.refused(code, advice);
    expect(watched.asked(files.frame), "one retry").toBe(2);
    // The same page, once the file is back
    tampering.undo();
    await checkout.card.getByRole("button", { name: "Try again" }).click();
    await checkout.ready();
    await expect(checkout.card.getByRole("alert")).toBeEmpty();
    await expect.poll(async () => (await watched.heard()).at(-1)).toEqual({ type: "ready", code: "" });
  });
}

test("data key: changed on its way once, and kept by the browser's cache: the next visit gets past that", async ({ page, demo, checkout }) => {
  const { file, good } = { file: activeKey(demo), good: readFileSync(activeKey(demo)) };
  const asked: string[] = [];
  page.on("request", (request) => {
    if (file.endsWith(new URL(request.url()).pathname)) asked.push(request.url());
  });
  tampering.bytes(file, flipBit);
  await checkout.open();
  await expect(checkout.card.getByRole("alert")).toContainText("(data_key_refused)", { timeout: 25_000 });
  tampering.undo();
  expect(readFileSync(file).equals(good)).toBe(true);
  asked.length = 0;
  await checkout.purchase();
  expect(asked).toHaveLength(2); // from the cache, then past it
  await checkout.purchase();
  expect(asked).toHaveLength(3); // the good one is kept
});

test("WASM: one bit, with the card in the shop's own page: it stays there", async ({ demo, checkout }) => {
  tampering.bytes(demo.published((await pinned(demo)).wasm), flipBit);
  const watched = await Watched.from(checkout, demo);
  await checkout.open("inline");
  await watched.refused("module_refused", ADVICE.refused);
});

test("timestamp: one character on its way from ingest", async ({ page, demo, checkout }) => {
  await page.route(`${demo.at.ingest}/v1/timestamp`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace("\nuntil 2", "\nuntil 3") });
  });
  const watched = await Watched.from(checkout, demo);
  await checkout.open();
  await watched.refused("timestamp_bad_signature", ADVICE.refused);
});

test("timestamp: ingest gives none", async ({ page, demo, checkout }) => {
  await page.route(`${demo.at.ingest}/v1/timestamp`, (route) => route.fulfill({ status: 503 }));
  const watched = await Watched.from(checkout, demo);
  await checkout.open();
  await watched.refused("timestamp_unreachable", ADVICE.unreachable);
});

test("element: it never runs, the page says so, and submit stays blocked", async ({ page, demo, checkout }) => {
  const { element } = await pinned(demo);
  tampering.text(demo.published(element), (text) => `${text}\nwindow.extra = 1;\n`);
  const watched = await Watched.from(checkout, demo);
  await checkout.open();
  await expect(page.getByText("The secure payment form did not load")).toBeVisible();
  await expect(page.getByText("Nothing that you typed has been sent")).toBeVisible();
  expect(await page.evaluate(() => customElements.get("nightsafe-card") === undefined && !("extra" in window))).toBe(true);
  await watched.nothingGoes();
  expect(await watched.heard()).toEqual([]);
  expect(page.frames()).toHaveLength(1);
});

test("frame: a script and a style that somebody added do not run, and the fields work", async ({ page, demo, checkout }) => {
  const { frame } = await pinned(demo);
  const addition =
    '<style>body { background: red }</style><script>window.extra = 1</script><img src="x" onerror="window.extra = 1">' +
    `<script src="${demo.at.thief}/extra.js"></script>`;
  tampering.text(demo.published(frame), (text) => text.replace("</body>", `${addition}</body>`));
  const answered: string[] = [];
  page.on("response", (response) => answered.push(response.url()));
  await checkout.purchase();
  expect(answered.filter((url) => url.startsWith(demo.at.thief))).toEqual([]);
  await checkout.open();
  await checkout.ready();
  const [, inside] = page.frames();
  expect(await inside?.evaluate(() => "extra" in window)).toBe(false);
  expect(await inside?.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgba(0, 0, 0, 0)");
});
