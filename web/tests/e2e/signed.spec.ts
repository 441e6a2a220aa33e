// Signatures of scripts and modules: a file that none of the pinned keys signed does not run, whatever its hash. Each with its
// control: the same under a pin that asks for less, or in an honest place, runs.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Request } from "@playwright/test";
import type { Demo } from "./support/demo.ts";
import { Tampering, releaseOf } from "./support/published.ts";
import { ADVICE, Watched } from "./support/refusal.ts";
import { Signer, digestOf, hashOf, send as sent, type Signed } from "./support/signing.ts";
import { Site } from "./support/site.ts";
import { expect, test } from "./support/test.ts";

const tampering = new Tampering();

test.afterEach(() => tampering.undo());

const EVIL = Buffer.from("window.injected = 1;");

/** The element that the shop pins: its file, address and tag. */
interface Element {
  readonly path: string;
  readonly url: string;
  readonly hash: string;
  readonly keys: readonly string[];
  readonly bytes: Buffer;
}

async function elementOf(demo: Demo): Promise<Element> {
  const { element, integrity_keys: keys } = await releaseOf(demo);
  const path = `/${element.file}`;
  return { path, url: demo.at.fields + path, hash: element.integrity, keys, bytes: readFileSync(demo.published(element.file)) };
}

function send(demo: Demo, path: string, signed: Signed | undefined): void {
  sent(tampering, demo, path, signed);
}

/** A page of anybody's in a browser that was never there, which loads the element by this pin; whether that ran. */
async function runs(browser: Browser, demo: Demo, pin: string): Promise<boolean> {
  const { url } = await elementOf(demo);
  const server = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<!doctype html><title>Shop</title>"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const page = await browser.newPage();
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}`);
  const ran = await page.evaluate(
    ([src = "", integrity = ""]) =>
      new Promise<boolean>((done) => {
        const script = Object.assign(document.createElement("script"), { type: "module", src, integrity, crossOrigin: "anonymous" });
        script.addEventListener("load", () => done(customElements.get("nightsafe-card") !== undefined || "injected" in window));
        script.addEventListener("error", () => done(false));
        document.body.append(script);
      }),
    [url, pin],
  );
  await page.close();
  server.close();
  server.closeAllConnections();
  return ran;
}

test("the shop's tag lists two keys, and the browser asks for a signature by them", async ({ page, demo, checkout }) => {
  const { hash, keys, url } = await elementOf(demo);
  expect(keys).toHaveLength(2);
  const requests: Request[] = [];
  page.on("request", (request) => void requests.push(request));
  await checkout.purchase(undefined, "hosted");
  const asked: Record<string, string> = {};
  for (const request of requests.filter((each) => each.url().startsWith(demo.at.fields))) {
    asked[new URL(request.url()).pathname] = (await request.allHeaders())["accept-signature"] ?? "";
  }
  expect(await page.request.get(`${demo.at.shop}/checkout`).then((answer) => answer.text())).toContain(`integrity="${[hash, ...keys].join(" ")}"`);
  const { wasm, loader, frame } = await releaseOf(demo);
  for (const name of [new URL(url).pathname, `/${wasm.file}`]) {
    for (const key of keys) expect(asked[name], name).toContain(`keyid="${key.replace("ed25519-", "")}"`);
  }
  for (const { file } of [loader, frame]) expect(asked[`/${file}`], "their pin is a hash, as in the policy").toBe("");
});

/** What a server sends in the place of good headers. */
const FORGED: Readonly<Record<string, (demo: Demo, element: Element) => Signed | undefined>> = {
  "no signature": () => undefined,
  "the signature of a key that nobody lists": (_, { bytes, path }) => Signer.stranger().sign(bytes, path),
};

for (const [what, forge] of Object.entries(FORGED)) {
  test(`${what}: the element does not run`, async ({ browser, demo }) => {
    const element = await elementOf(demo);
    const pin = [element.hash, ...element.keys].join(" ");
    expect(await runs(browser, demo, pin), "control: as it is served").toBe(true);
    send(demo, element.path, forge(demo, element));
    expect(await runs(browser, demo, pin)).toBe(false);
    expect(await runs(browser, demo, element.hash), "control: by the hash alone").toBe(true);
  });
}

test("a signature with one bit changed: the element does not run", async ({ browser, demo }) => {
  const { bytes, path, hash, keys } = await elementOf(demo);
  const pin = [hash, ...keys].join(" ");
  const good = Signer.of(demo, "integrity").sign(bytes, path);
  const signature = Buffer.from(good.Signature.slice(4, -1), "base64");
  signature[40] = (signature[40] ?? 0) ^ 1;
  send(demo, path, { ...good, Signature: `s1=:${signature.toString("base64")}:` });
  expect(await runs(browser, demo, pin)).toBe(false);
  tampering.undo();
  send(demo, path, Signer.of(demo, "integrity-next").sign(bytes, path));
  expect(await runs(browser, demo, pin), "control: good, by the other key").toBe(true);
});

test("another file that was signed, under the element's name and by its own hash: it does not run", async ({ browser, demo }) => {
  const { path, keys } = await elementOf(demo);
  const signer = Signer.of(demo, "integrity");
  const pin = [hashOf(EVIL), ...keys].join(" ");
  tampering.bytes(demo.published(path.slice(1)), () => EVIL);
  send(demo, path, signer.sign(EVIL, "/another.js"));
  expect(await runs(browser, demo, pin)).toBe(false);
  tampering.undo();
  tampering.bytes(demo.published(path.slice(1)), () => EVIL);
  send(demo, path, signer.sign(EVIL, undefined));
  expect(await runs(browser, demo, pin), "control: a signature that is bound to no path").toBe(true);
});

test("other bytes, and their hash in the tag, without a key: they do not run", async ({ browser, demo }) => {
  const { bytes, path, keys } = await elementOf(demo);
  const pin = [hashOf(EVIL), ...keys].join(" ");
  const good = Signer.of(demo, "integrity").sign(bytes, path);
  for (const signed of [undefined, good, { ...good, "Unencoded-Digest": digestOf(EVIL) }, Signer.stranger().sign(EVIL, path)]) {
    tampering.bytes(demo.published(path.slice(1)), () => EVIL);
    send(demo, path, signed);
    expect(await runs(browser, demo, pin), JSON.stringify(signed)).toBe(false);
    tampering.undo();
  }
  tampering.bytes(demo.published(path.slice(1)), () => EVIL);
  send(demo, path, Signer.stranger().sign(EVIL, path));
  expect(await runs(browser, demo, hashOf(EVIL)), "control: a tag that lists no key").toBe(true);
});

test("a module that nobody signed, its bytes untouched: the form refuses it, and works once the signature is back", async ({ demo, checkout }) => {
  const { wasm } = await releaseOf(demo);
  send(demo, `/${wasm.file}`, undefined);
  const watched = await Watched.from(checkout, demo);
  await checkout.open();
  await watched.refused("module_refused", ADVICE.refused);
  tampering.undo();
  await checkout.card.getByRole("button", { name: "Try again" }).click();
  await checkout.ready();
});

test("rotated: a tag of before still works, by the key that follows, and stops when neither of its keys signs", async ({ browser, page, demo, checkout }) => {
  const { bytes, path, hash, keys } = await elementOf(demo);
  const [first, second] = ["integrity", "integrity-next"].map((name) => `ed25519-${Signer.of(demo, name).id}`);
  expect(keys).toEqual([first, second]);
  const site = new Site(demo);
  await site.build("--rotate-integrity-key");
  expect(`ed25519-${Signer.of(demo, "integrity").id}`).toBe(second);
  const response = await page.request.get(demo.at.fields + path);
  expect(response.headers()["signature-input"]).toContain(`keyid="${second?.replace("ed25519-", "")}"`);
  await checkout.purchase(undefined, "hosted");
  expect(await runs(browser, demo, `${hash} ${first}`), "a pin that does not list it").toBe(false);
  // What a second rotation would send, which the command refuses
  send(demo, path, Signer.of(demo, "integrity-next").sign(bytes, path));
  expect(await runs(browser, demo, [hash, ...keys].join(" "))).toBe(false);
  await expect(site.build("--rotate-integrity-key")).rejects.toThrow(/site retire/);
});
