// What the frame is handed may be old, foreign, or signed by too few: each is refused, with a code of its own.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import type { Demo } from "./support/demo.ts";
import { Tampering, releaseOf } from "./support/published.ts";
import { ADVICE, Watched } from "./support/refusal.ts";
import { Site, foreignManifest, hashOf } from "./support/site.ts";
import { expect, test } from "./support/test.ts";

const DAY = 86_400_000;
const tampering = new Tampering();

test.afterEach(() => tampering.undo());

/** The browser's clock, in all frames; timers go on. */
function clock(page: Page, days: number): Promise<void> {
  return page.clock.setFixedTime(Date.now() + days * DAY);
}

/** Ingest goes on saying what it said, or says this. */
async function timestamp(page: Page, demo: Demo, note?: string): Promise<void> {
  const url = `${demo.at.ingest}/v1/timestamp`;
  const body = note ?? (await (await fetch(url)).text());
  await page.route(url, (route) =>
    route.fulfill({ body, contentType: "text/plain", headers: { "access-control-allow-origin": demo.at.fields } }),
  );
}

function publish(demo: Demo, note: string): void {
  tampering.text(demo.published("key-manifest"), () => note);
}

test.describe("time", () => {
  const cases = [
    { what: "manifest expired", days: 500, code: "manifest_expired" },
    { what: "manifest not valid yet", days: -3, code: "manifest_not_yet_valid" },
    { what: "timestamp too old", days: 4, code: "timestamp_expired" },
  ];
  for (const { what, days, code } of cases) {
    test(what, async ({ page, demo, checkout }) => {
      await clock(page, days);
      const watched = await Watched.from(checkout, demo);
      await checkout.open();
      await watched.refused(code, ADVICE.refused);
    });
  }

  test("a clock that is a day off is no reason to refuse", async ({ page, checkout }) => {
    await clock(page, -0.9);
    await checkout.purchase(undefined, "hosted");
  });
});

test.describe("timestamps that are signed, but not for this", () => {
  const cases = [
    { what: "until next week", days: 7, code: "timestamp_not_yet_valid" },
    { what: "for another site", site: "other.example", code: "timestamp_wrong_site" },
    { what: "for another manifest", manifest: "00".repeat(32), code: "timestamp_not_current" },
  ];
  for (const { what, days = 1, site, manifest, code } of cases) {
    test(what, async ({ page, demo, checkout }) => {
      const signer = new Site(demo);
      const until = new Date(Date.now() + days * DAY);
      const named = manifest ?? hashOf(signer.manifest);
      await timestamp(page, demo, signer.timestamp({ manifest: named, until, ...(site === undefined ? {} : { site }) }));
      const watched = await Watched.from(checkout, demo);
      await checkout.open();
      await watched.refused(code, ADVICE.refused);
    });
  }
});

test.describe("manifests", () => {
  test("signed by one of the two who must", async ({ demo, checkout }) => {
    const note = new Site(demo).manifest;
    publish(demo, note.slice(0, note.lastIndexOf("—")));
    const watched = await Watched.from(checkout, demo);
    await checkout.open();
    await watched.refused("manifest_too_few_signatures", ADVICE.refused);
  });

  test("of somebody else's site of the same name: none of those who must have signed it", async ({ demo, checkout }) => {
    publish(demo, await foreignManifest(demo, "demo.nightsafe.example"));
    const watched = await Watched.from(checkout, demo);
    await checkout.open();
    await watched.refused("manifest_too_few_signatures", ADVICE.refused);
  });

  test("of somebody else's, under the signatures of ours", async ({ demo, checkout }) => {
    const ours = new Site(demo).manifest;
    const theirs = await foreignManifest(demo, "demo.nightsafe.example");
    publish(demo, theirs.slice(0, theirs.indexOf("\n\n—")) + ours.slice(ours.indexOf("\n\n—")));
    const watched = await Watched.from(checkout, demo);
    await checkout.open();
    await watched.refused("manifest_bad_signature", ADVICE.refused);
  });

  test("rolled back: ingest says that there is a newer one", async ({ page, demo, checkout }) => {
    const site = new Site(demo);
    const older = site.manifest;
    await site.sign();
    await timestamp(page, demo); // of the newer one
    publish(demo, older);
    const watched = await Watched.from(checkout, demo);
    await checkout.open();
    await watched.refused("timestamp_not_current", ADVICE.refused);
  });

  test("rolled back below the floor of a newly built site, with the timestamp that it once had", async ({ page, demo, checkout }) => {
    const site = new Site(demo);
    const older = site.manifest;
    await site.sign();
    await useBuilt(page, demo, await site.build());
    publish(demo, older);
    await timestamp(page, demo, site.timestamp({ manifest: hashOf(older), until: new Date(Date.now() + DAY) }));
    const watched = await Watched.from(checkout, demo);
    await checkout.open();
    await watched.refused("manifest_rollback", ADVICE.refused);
  });

  test("rolled back while the page is open", async ({ page, demo, checkout }) => {
    const site = new Site(demo);
    const older = site.manifest;
    await site.sign();
    await checkout.open();
    await checkout.fill();
    publish(demo, older);
    await timestamp(page, demo, site.timestamp({ manifest: hashOf(older), until: new Date(Date.now() + DAY) }));
    await clock(page, 0.3); // past the six hours after which a page asks again
    await checkout.buy.click();
    await expect(checkout.card.getByRole("alert")).toContainText("(manifest_rollback)");
    await expect(page).toHaveURL(/\/checkout/);
  });
});

test.describe("a page of another origin", () => {
  test("cannot show the frame at all", async ({ page, demo }) => {
    await elsewhere(demo, async (origin) => {
      await page.goto(origin);
      await expect(page.locator("nightsafe-card").getByRole("alert")).toContainText("(frame_silent)", { timeout: 25_000 });
      await expect(page.frameLocator("iframe").locator("form")).toHaveCount(0);
    });
  });

  test("gets no fields even where a server lets it show the frame", async ({ page, demo }) => {
    const headers = demo.path("site", "fields-headers.json");
    await elsewhere(demo, async (origin) => {
      tampering.text(headers, (text) => text.replaceAll(`frame-ancestors ${demo.at.shop}`, `frame-ancestors ${demo.at.shop} ${origin}`));
      await page.goto(origin);
      const alert = page.locator("nightsafe-card").getByRole("alert");
      await expect(alert).toContainText("(parent_not_allowed)", { timeout: 25_000 });
      await expect(alert).toContainText(ADVICE.refused);
      await expect(page.frameLocator("iframe").locator("form")).toHaveCount(0);
    });
  });
});

/** A second shop's page on another port, with the first one's tag. */
async function elsewhere(demo: Demo, work: (origin: string) => Promise<void>): Promise<void> {
  const { element } = await releaseOf(demo);
  const source = `src="${demo.at.fields}/${element.file}" integrity="${element.integrity}" crossorigin`;
  const tag = `<script type="module" ${source}></script>`;
  const body = `<!doctype html><html lang="en"><title>Elsewhere</title>${tag}<form><nightsafe-card reference="X-1"></nightsafe-card></form>`;
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end(body));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  try {
    await work(`http://localhost:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** The shop's page with the tag of a release that the shop has not taken over yet. */
async function useBuilt(page: Page, demo: Demo, built: { readonly file: string; readonly integrity: string }): Promise<void> {
  // A page that a test answers for has no address, so the browser takes it for one of the public network
  await page.context().grantPermissions(["local-network-access"], { origin: demo.at.shop });
  const { element } = await releaseOf(demo);
  const renewed = (text: string): string => text.replaceAll(element.file, built.file).replaceAll(element.integrity, built.integrity);
  await page.route(`${demo.at.shop}/checkout*`, async (route) => {
    const response = await route.fetch();
    const csp = renewed(response.headers()["content-security-policy"] ?? "");
    await route.fulfill({
      response,
      headers: { ...response.headers(), "content-security-policy": csp },
      body: renewed(await response.text()),
    });
  });
}
