// Ways around what pins and policies are for, each as injected code or as a server that changes the frame would try it. What none
// of them may do: run another's code, or reach another's server.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page, Route } from "@playwright/test";
import type { Demo } from "./support/demo.ts";
import { Tampering, pinned } from "./support/published.ts";
import { send } from "./support/signing.ts";
import { expect, test } from "./support/test.ts";

test.use({
  launchOptions: async ({ launchOptions }, use) => {
    // An answer that a test gives has no address, and browsers let such a page reach nothing on this machine
    await use({ ...launchOptions, args: [...(launchOptions.args ?? []), "--disable-features=LocalNetworkAccessChecks"] });
  },
});

const tampering = new Tampering();

test.afterEach(() => tampering.undo());

/** Somebody else's server: any connection to it has told it something already. */
class Elsewhere {
  reached = 0;

  private constructor(
    private readonly server: Server,
    readonly host: string,
  ) {}

  static async open(): Promise<Elsewhere> {
    const server = createServer((_, answer) => answer.setHeader("access-control-allow-origin", "*").end("window.injected = 1"));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const elsewhere = new Elsewhere(server, `localhost:${(server.address() as AddressInfo).port}`);
    server.on("connection", () => (elsewhere.reached += 1));
    return elsewhere;
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => this.server.close(done));
    this.server.closeAllConnections();
    await closed;
  }
}

/** Without what stops it: each of these does what it says in a page without headers. `url` is elsewhere, `here` the fields origin. */
const WAYS: Readonly<Record<string, (url: string, here: string) => unknown>> = {
  "a navigation": (url) => void (location.href = url),
  "a new window": (url) => void window.open(url),
  "a refresh": (url) => {
    const meta = document.createElement("meta");
    meta.httpEquiv = "refresh";
    meta.content = `0;url=${url}`;
    document.head.append(meta);
  },
  "a form": (url) => {
    const form = document.createElement("form");
    form.action = url;
    document.body.append(form);
    form.submit();
  },
  "a ping": (url) => {
    const link = document.createElement("a");
    link.href = "#";
    link.ping = url;
    document.body.append(link);
    link.click();
  },
  "a prefetch": (url) => {
    const link = document.createElement("link");
    link.rel = "prefetch";
    link.href = url;
    document.head.append(link);
  },
  "a style": (url) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = url;
    document.head.append(link);
  },
  "a web socket": (url) => void new WebSocket(url.replace("http:", "ws:")),
  "an event source": (url) => void new EventSource(url),
  "a font": (url) => new FontFace("x", `url(${url})`).load(),
  "an import": (url) => import(url),
  "an import of data": () => {
    const data = "data:text/javascript,window.injected = 1";
    return import(data);
  },
  "a blob as a script": () => {
    const script = document.createElement("script");
    script.src = URL.createObjectURL(new Blob(["window.injected = 1"], { type: "text/javascript" }));
    document.body.append(script);
  },
  "a worker of a blob": (url) => new Worker(URL.createObjectURL(new Blob([`fetch(${JSON.stringify(url)})`]))),
  "a page within the page": (url) => {
    const frame = document.createElement("iframe");
    frame.srcdoc = `<script src="${url}"></script>`;
    document.body.append(frame);
  },
  // A document of our own without our headers would be a way around Connection-Allowlist
  "a page of our own that is not there": async (url, here) => {
    const frame = document.createElement("iframe");
    frame.src = `${here}/no-such-file`;
    document.body.append(frame);
    await new Promise((done) => frame.addEventListener("load", done));
    await frame.contentWindow?.fetch(url, { mode: "no-cors" });
  },
  "an empty frame": async (url) => {
    const frame = document.createElement("iframe");
    document.body.append(frame);
    await frame.contentWindow?.fetch(url, { mode: "no-cors" });
  },
};

async function go(page: Page, way: (url: string, here: string) => unknown, url: string, here: string): Promise<void> {
  // Out of the debugger's own call, which the browser lets evaluate
  const text = `new Promise((done) => setTimeout(done)).then(() => (${way.toString()})(${JSON.stringify(url)}, ${JSON.stringify(here)})).then(() => undefined, () => undefined)`;
  // Some lead away, and nothing comes back from there
  await Promise.race([page.evaluate(text).catch(() => undefined), page.waitForTimeout(1500)]);
  await page.waitForTimeout(300);
}

for (const [name, way] of Object.entries(WAYS)) {
  test(`injected code in the frame: ${name}`, async ({ page, demo, context }) => {
    const elsewhere = await Elsewhere.open();
    try {
      const { frame } = await pinned(demo);
      const address = `${demo.at.fields}/${frame}`;
      // The control: without the headers it does what it is for
      await page.route(address, bare);
      await page.route(`${demo.at.fields}/no-such-file`, bare);
      await page.goto(address);
      await go(page, way, `http://${elsewhere.host}/x.js`, demo.at.fields);
      const didRun = await injected(page);
      expect(elsewhere.reached > 0 || didRun, "without headers").toBe(true);

      const held = await context.newPage();
      await held.goto(address);
      elsewhere.reached = 0;
      await go(held, way, `http://${elsewhere.host}/x.js`, demo.at.fields);
      expect({ reached: elsewhere.reached, injected: await injected(held) }).toEqual({ reached: 0, injected: false });
    } finally {
      await elsewhere.close();
    }
  });
}

/** The same answer, without the headers that hold anybody. */
async function bare(route: Route): Promise<void> {
  const response = await route.fetch();
  await route.fulfill({ status: response.status(), body: await response.body(), contentType: "text/html" });
}

/** A page that was led away has nothing of it. */
async function injected(page: Page): Promise<boolean> {
  return page.evaluate(() => "injected" in window).catch(() => false);
}

/** What a server does to the frame's document, beside another loader. */
const PINS: Readonly<Record<string, (html: string) => string>> = {
  "no integrity": (html) => html.replace(/ integrity="[^"]*"/, ""),
  "an empty integrity": (html) => html.replace(/ integrity="[^"]*"/, ' integrity=""'),
  "an integrity of a hash that browsers do not know": (html) => html.replace(/ integrity="[^"]*"/, ' integrity="md5-1B2M2Y8AsgTpgAmY7PhCfg=="'),
  "an integrity that cannot be read": (html) => html.replace('integrity="sha384-', 'integrity="sha384:'),
  "an empty integrity in front of the good one": (html) => html.replace(' integrity="', ' INTEGRITY="" integrity="'),
  "no crossorigin, and no module": (html) => html.replace('type="module" ', "").replace(/ crossorigin(="[^"]*")?/, ""),
  "a map of other pins": (html) => html.replace("<script ", '<script type="importmap">{"integrity":{}}</script><script '),
  "a base elsewhere": (html) => html.replace("<head>", '<head><base href="http://localhost:1/">'),
  "a module that imports it": (html) => html.replace(/<script [^>]*src="([^"]*)"[^>]*>/, '<script type="module">import "./$1";'),
  "preloaded, with no pin": (html) => html.replace(/<script [^>]*src="([^"]*)"[^>]*>/, '<link rel="modulepreload" href="$1">$&'),
};

/** Sent without its signature, which browsers hold against the bytes also where nobody pins them. */
function otherLoader(demo: Demo, loader: string): void {
  tampering.text(demo.published(loader), (text) => `window.injected = 1;${text}`);
  send(tampering, demo, `/${loader}`, undefined);
}

for (const [name, change] of Object.entries(PINS)) {
  test(`another loader does not run: ${name}`, async ({ page, demo }) => {
    const { frame, loader } = await pinned(demo);
    tampering.text(demo.published(frame), change);
    otherLoader(demo, loader);
    await page.goto(`${demo.at.fields}/${frame}`);
    await page.waitForTimeout(500);
    expect(await injected(page)).toBe(false);
  });
}

test("the control: an integrity that cannot be read, without the headers, pins nothing", async ({ page, demo }) => {
  const { frame, loader } = await pinned(demo);
  tampering.text(demo.published(frame), PINS["an integrity that cannot be read"] ?? String);
  otherLoader(demo, loader);
  await page.route(`${demo.at.fields}/${frame}`, bare);
  await page.goto(`${demo.at.fields}/${frame}`);
  await expect.poll(() => injected(page)).toBe(true);
});

/** The shop's checkout page with more headers. */
async function withHeaders(page: Page, demo: Demo, more: Readonly<Record<string, string>>): Promise<void> {
  await page.route(`${demo.at.shop}/checkout?*`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), ...more } });
  });
}

for (const policy of ["require-corp", "credentialless"]) {
  test(`a shop's page that is isolated by Cross-Origin-Embedder-Policy: ${policy}`, async ({ page, demo, checkout }) => {
    await withHeaders(page, demo, { "cross-origin-embedder-policy": policy, "cross-origin-opener-policy": "same-origin" });
    await checkout.open();
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await checkout.purchase(undefined, "hosted");
  });
}

test("a shop's page in a sandbox", async ({ page, demo, checkout }) => {
  await page.route(`${demo.at.shop}/checkout?*`, async (route) => {
    const response = await route.fetch();
    const csp = [response.headers()["content-security-policy"], "sandbox allow-scripts allow-same-origin allow-forms"].filter(Boolean).join("; ");
    await route.fulfill({ response, headers: { ...response.headers(), "content-security-policy": csp } });
  });
  await checkout.open();
  await expect(page.evaluate(() => window.open("about:blank") === null)).resolves.toBe(true); // it is one
  await checkout.purchase(undefined, "hosted");
});
