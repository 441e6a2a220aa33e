// The header sets of both static origins, on every answer, and what browsers make of them.

import { complaints } from "./support/complaints.ts";
import { releaseOf } from "./support/published.ts";
import { Site, dataKeys } from "./support/site.ts";
import { expect, test } from "./support/test.ts";

/** On every answer of either origin. */
const COMMON = {
  "cross-origin-embedder-policy": "require-corp",
  "document-isolation-policy": "isolate-and-require-corp",
  "integrity-policy": "blocked-destinations=(script), endpoints=(nightsafe)",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** What no policy may hold: anything that stands for more than one thing. */
const OPEN_ENDED = /\*|'self'|'unsafe-inline'|'unsafe-eval'|'strict-dynamic'|https?:(?!\/\/)|data:|blob:/;

interface Answer {
  readonly what: string;
  readonly status: number;
  readonly headers: Record<string, string>;
}

async function answers(origin: string, paths: readonly string[]): Promise<Answer[]> {
  const all: Answer[] = [];
  for (const path of paths) {
    for (const method of ["GET", "HEAD", "POST", "OPTIONS"]) {
      const { status, headers } = await fetch(origin + path, { method, redirect: "manual" });
      all.push({ what: `${method} ${path}`, status, headers: Object.fromEntries(headers) });
    }
  }
  return all;
}

const LOST = ["/no-such-file", "/..%2f..%2fnightsafe.toml", "/.hidden", "/%00", "/a/b/c.html?x=1"];

test("fields origin: every answer has the closed policy, each frame its own, errors included", async ({ demo }) => {
  const { element, frame, loader, wasm, wasm_portable: portable, texts } = await releaseOf(demo);
  const { fields, ingest, shop } = demo.at;
  const own = `script-src '${loader.integrity}' 'wasm-unsafe-eval' 'report-sha384'`;
  const modules = [wasm, portable].map(({ file }) => `${fields}/${file}`);
  const keys = dataKeys(new Site(demo).manifest).map(({ id }) => `/data-key-${id}`);
  expect(keys.length).toBeGreaterThan(1);
  const spoken = Object.values(texts);
  const connects = [
    ...modules,
    `${fields}/key-manifest`,
    ...spoken.map(({ file }) => `${fields}/${file}`),
    ...keys.map((path) => fields + path),
    `${ingest}/v1/deposits`,
    `${ingest}/v1/timestamp`,
  ];
  const files = [element, loader, wasm, portable, ...spoken, frame].map(({ file }) => `/${file}`);
  for (const { what, status, headers } of await answers(fields, ["/", ...files, ...keys, "/key-manifest", ...LOST])) {
    expect(headers, what).toMatchObject({
      ...COMMON,
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
    });
    expect(headers["reporting-endpoints"], what).toBe(`nightsafe="${ingest}/v1/reports"`);
    expect(headers["permissions-policy"], what).toContain("payment=()");
    const isKey = keys.some((path) => what.endsWith(path)) && status < 400;
    expect(headers["cache-control"], what).toMatch(isKey ? /^public, max-age=31536000, immutable, no-transform$/ : /^no-(store|cache), no-transform$/);
    if (isKey) expect(headers["content-type"], what).toBe("application/octet-stream");
    expect(headers["set-cookie"], what).toBeUndefined();
    const csp = headers["content-security-policy"] ?? "";
    expect(csp, what).toContain("default-src 'none'");
    expect(csp, what).toContain("require-trusted-types-for 'script'; trusted-types 'none'");
    expect(csp, what).not.toMatch(OPEN_ENDED);
    if (what.endsWith(frame.file)) {
      expect(csp).toContain(`${own};`);
      expect(csp).toContain(`connect-src ${connects.join(" ")};`);
      expect(csp).toContain(`frame-ancestors ${shop};`);
      expect(headers["connection-allowlist"]).toBe(
        `(${[...connects, `${fields}/${loader.file}`].map((url) => `"${url}"`).join(" ")});report-to=nightsafe;webrtc=block`,
      );
    } else {
      expect(csp, what).not.toContain("script-src");
      expect(csp, what).toContain("frame-ancestors 'none'");
      expect(csp, what).toMatch(/; sandbox; report-to nightsafe$/);
      expect(headers["connection-allowlist"], what).toBe("();report-to=nightsafe;webrtc=block");
    }
    if (LOST.some((path) => what.endsWith(path))) expect(status, what).toBeGreaterThanOrEqual(400);
  }
});

test("admin origin: every answer has the one policy, errors included", async ({ demo }) => {
  const { admin } = JSON.parse(demo.read("site", "release.json")) as { admin: Record<string, { file: string; integrity: string }> };
  const files = Object.values(admin).map(({ file }) => `/${file}`);
  for (const { what, status, headers } of await answers(demo.at.admin, ["/", ...files, ...LOST])) {
    expect(headers, what).toMatchObject({
      ...COMMON,
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
    });
    expect(headers["access-control-allow-origin"], what).toBeUndefined();
    const csp = headers["content-security-policy"] ?? "";
    expect(csp, what).toContain(`script-src '${admin["script"]?.integrity}' 'wasm-unsafe-eval' 'report-sha384';`);
    expect(csp, what).toContain("frame-ancestors 'none'");
    expect(csp, what).toContain("require-trusted-types-for 'script'; trusted-types 'none'");
    expect(csp, what).not.toMatch(OPEN_ENDED);
    expect(headers["connection-allowlist"], what).toContain(";webrtc=block");
    if (LOST.some((path) => what.endsWith(path))) expect(status, what).toBeGreaterThanOrEqual(400);
  }
});

for (const mode of ["mixed", "hosted", "inline"] as const) {
  test(`a clean purchase, ${mode}: the browser has nothing to complain of`, async ({ page, checkout }) => {
    const all = await complaints(page);
    await checkout.purchase(undefined, mode);
    expect(all).toEqual([]);
  });
}

test("a clean visit of the admin: the browser has nothing to complain of", async ({ checkout, admin }) => {
  const { reference } = await checkout.purchase();
  const all = await complaints(admin.page);
  await admin.signIn();
  await admin.deposit(reference);
  await admin.opened(["Card"], "Charge the card");
  expect(all).toEqual([]);
});
