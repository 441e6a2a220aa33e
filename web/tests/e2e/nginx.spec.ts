// The site as nginx serves it with the configuration that is written beside each release, in the browser.

import { readdirSync } from "node:fs";
import type { Page } from "@playwright/test";
import { complaints } from "./support/complaints.ts";
import type { Demo } from "./support/demo.ts";
import { Nginx } from "./support/nginx.ts";
import { Tampering, flipBit, headersOf, pinned, type Place } from "./support/published.ts";
import { ADVICE, Watched } from "./support/refusal.ts";
import { expect, test as base } from "./support/test.ts";

const test = base.extend<object, { nginx: Readonly<Record<Place, number>> }>({
  nginx: [
    async ({ demo, spare }, use) => {
      const ports = { fields: spare + 1, admin: spare + 3 };
      const nginx = await Nginx.start(demo, ports);
      try {
        await use(ports);
      } finally {
        await nginx.stop();
      }
    },
    { scope: "worker" },
  ],
});

test.use({
  launchOptions: async ({ launchOptions, demo, nginx }, use) => {
    const rules = (["fields", "admin"] as const).map((place) => `MAP ${new URL(demo.at[place]).host} 127.0.0.1:${nginx[place]}`);
    await use({ ...launchOptions, args: [...(launchOptions.args ?? []), `--host-resolver-rules=${rules.join(",")}`] });
  },
});

const tampering = new Tampering();

test.afterEach(() => tampering.undo());

/** Who answered for fields origin and admin site: nobody else may have. */
function servers(page: Page, demo: Demo): Set<string> {
  const all = new Set<string>();
  page.on("response", (response) => {
    if ([demo.at.fields, demo.at.admin].includes(new URL(response.url()).origin)) all.add(response.headers()["server"] ?? "");
  });
  return all;
}

/** nginx sends the compressed copy where there is one. */
function removeCopies(demo: Demo, name: string): void {
  for (const copy of readdirSync(demo.published("")).filter((file) => file === `${name}.br` || file === `${name}.gz`)) {
    tampering.remove(demo.published(copy));
  }
}

test("nginx: a purchase, and the admin opens it: the browser has nothing to complain of", async ({ page, demo, checkout, admin }) => {
  const [seen, all] = [servers(page, demo), await complaints(page)];
  const { reference } = await checkout.purchase();
  expect({ all, seen: [...seen] }).toEqual({ all: [], seen: ["nginx"] });

  const [seenByAdmin, ofAdmin] = [servers(admin.page, demo), await complaints(admin.page)];
  await admin.signIn();
  await admin.deposit(reference);
  await admin.opened(["Card"], "Charge the card");
  expect({ all: ofAdmin, seen: [...seenByAdmin] }).toEqual({ all: [], seen: ["nginx"] });
});

test("nginx: a script that somebody put into the frame does not run", async ({ page, demo, context }) => {
  const { frame } = await pinned(demo);
  removeCopies(demo, frame);
  tampering.text(demo.published(frame), (html) => html.replace("</body>", '<script>window.extra = 1</script><img src="x" onerror="window.extra = 1"></body>'));
  const [seen, all] = [servers(page, demo), await complaints(page)];
  await page.goto(`${demo.at.fields}/${frame}`);
  await expect.poll(() => all.join("\n")).toMatch(/violation: script-src-attr inline/);
  expect(all.join("\n")).toContain("violation: script-src-elem inline");
  expect(await page.evaluate(() => "extra" in window)).toBe(false);
  expect([...seen]).toEqual(["nginx"]);
  // The control: the same without the headers
  const free = await context.newPage();
  await free.route(`${demo.at.fields}/${frame}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ status: response.status(), body: await response.body(), contentType: "text/html" });
  });
  await free.goto(`${demo.at.fields}/${frame}`);
  expect(await free.evaluate(() => "extra" in window)).toBe(true);
});

test("nginx: a WASM module with another bit is refused", async ({ page, demo, checkout }) => {
  const { wasm } = await pinned(demo);
  removeCopies(demo, wasm);
  tampering.bytes(demo.published(wasm), flipBit);
  const seen = servers(page, demo);
  const watched = await Watched.from(checkout, demo);
  await checkout.open();
  await watched.refused("module_refused", ADVICE.refused);
  expect([...seen]).toEqual(["nginx"]);
});

test("nginx: errors have the headers of every answer", async ({ page, demo }) => {
  for (const place of ["fields", "admin"] as const) {
    for (const [path, status] of [["/no-such-file", 404], ["/a/b/c.html?x=1", 404], ["/%00", 400]] as const) {
      const answer = await page.goto(demo.at[place] + path);
      const headers = answer?.headers() ?? {};
      expect({ status: answer?.status(), server: headers["server"] }, path).toEqual({ status, server: "nginx" });
      const wanted = Object.entries(headersOf(demo, place)["*"] ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
      expect(headers, path).toMatchObject(Object.fromEntries(wanted));
    }
  }
});
