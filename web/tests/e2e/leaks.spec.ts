// Nothing that a shopper typed leaves the browser readable, and nothing of it lies readable on any disk.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Admin } from "./support/admin.ts";
import { Checkout, type Typed } from "./support/checkout.ts";
import type { Demo } from "./support/demo.ts";
import { facetsOf, findFacets } from "./support/facets.ts";
import { filesBelow, findLeaks, type Finding, type Secrets } from "./support/leaks.ts";
import { NetworkLog, type Transmission } from "./support/network.ts";
import { TARGET } from "./support/site.ts";
import { expect, test } from "./support/test.ts";

/** Nobody else in these tests types any of it. What stays readable is chosen so that it turns up nowhere by chance. */
const PERSON: Typed = {
  number: "5200 8282 8282 8210",
  expiry: "09 / 33",
  holder: "Seraphina Oehlenschlaeger",
  email: "Seraphina.Oehlenschlaeger@mail.example.net",
  phone: "+31 6 98765431",
  street: "Waldkauzweg 1937",
  postal: "7314 QX",
  city: "Koenigswinterstadt",
  country: "NL",
};

/** What may be readable nowhere, whole and in the pieces that would give it away. */
const SECRETS: Secrets = {
  "card number": PERSON.number,
  "card number without its last four": "5200 8282 8282",
  holder: PERSON.holder,
  surname: "Oehlenschlaeger",
  email: PERSON.email,
  phone: PERSON.phone,
  "phone, national": "98765431",
  street: PERSON.street,
  "street name": "Waldkauzweg",
  city: PERSON.city,
};

/** All else that was typed: readable where staff finds an order by it, and nowhere else. */
const FACETS = facetsOf(PERSON, "Netherlands");

/** Passphrases that are guessed soon, many of them names of places. */
const DICTIONARIES = readFileSync(join(TARGET, "assets/admin/passphrase.wasm"));

/** What is searched, and whether facets are due there. */
interface Place {
  readonly where: string;
  readonly bytes: Buffer;
  readonly due: boolean;
}

/** Deposits on their way to ingest; what the admin searches by and is answered. */
function onTheWire({ at }: Demo, transmissions: readonly Transmission[]): Place[] {
  const due = [`POST ${at.ingest}/v1/deposits, body`];
  const search = /^(?:answer to )?POST \S+\/v1\/deposits\/search, body$/;
  return transmissions.map(({ where, bytes }) => ({ where, bytes, due: due.includes(where) || search.test(where) }));
}

/** The two databases and their write-ahead logs. */
function onDisk(demo: Demo): Place[] {
  const due = ["outbox.db", "outbox.db-wal", "vault.db", "vault.db-wal"].map((name) => demo.path(name));
  return filesBelow(demo.written).map(({ name, bytes }) => ({ where: name, bytes, due: due.includes(name) }));
}

/** Everything that was typed and stands where it must not. */
function leaked(places: readonly Place[]): Finding[] {
  return places.flatMap(({ where, bytes, due }) => {
    const facets = findFacets(FACETS, where, bytes, due);
    // The shop's page has a list of countries, the same for everybody, and had it before anything was typed. So have the
    // dictionaries of the module that judges passphrases, as long as it is the one that was built
    const listed = /^answer to GET \S+\/checkout\?mode=\w+, body$/.test(where) || DICTIONARIES.equals(bytes);
    return [...findLeaks(SECRETS, where, bytes), ...facets.filter(({ value }) => !(listed && value === "country"))];
  });
}

/** Every 32 bytes of it: pages of a database cut it somewhere. */
function pieces(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.floor(bytes.length / 32) }, (_, n) => bytes.subarray(32 * n, 32 * (n + 1)));
}

/** Where one of the parts stands, as bytes, hexadecimal or base64url. */
function holding(places: readonly Place[], parts: readonly Buffer[]): string[] {
  const written = parts.flatMap((part) => [part, Buffer.from(part.toString("hex")), Buffer.from(part.toString("base64url").slice(0, 40))]);
  return places.filter(({ bytes }) => written.some((part) => bytes.includes(part))).map(({ where }) => where);
}

/** The texts of members with these names, wherever they are in the JSON of such places. */
function texts(places: readonly Place[], where: RegExp, ...names: readonly string[]): string[] {
  const found: string[] = [];
  for (const one of places.filter((each) => where.test(each.where))) {
    JSON.parse(one.bytes.toString(), (name, value: unknown) => {
      if (names.includes(name)) found.push(...[value].flat().filter((each) => typeof each === "string"));
      return value;
    });
  }
  return found;
}

/** Which facets these places hold. */
function readable(places: readonly Place[]): string[] {
  return [...new Set(places.flatMap(({ where, bytes }) => findFacets(FACETS, where, bytes).map(({ value }) => value)))].sort();
}

test("what was typed and opened is nowhere on the wire, nowhere on disk, and nowhere in the browser afterwards", async ({
  browser,
  demo,
}) => {
  test.setTimeout(240_000);
  const context = await browser.newContext({ locale: "en-GB" });
  const log = new NetworkLog(context);
  const checkout = new Checkout(await context.newPage(), demo);
  const admin = new Admin(await context.newPage(), demo);

  await checkout.purchase(PERSON, "hosted");
  await checkout.purchase(PERSON, "inline");
  const { reference } = await checkout.purchase(PERSON, "mixed");
  await admin.signIn();
  await admin.deposit(reference);
  const shown = await admin.opened(["Card", "Address", "Phone", "E-mail"], "Answer a dispute");
  expect(shown["Card"]?.["Number"], "the test looks for what was really typed").toBe(PERSON.number);
  expect(shown["Card"]?.["Expires"]).toBe("09 / 2033");
  expect(shown["Address"]).toEqual({ Street: PERSON.street, "Postal code": PERSON.postal, City: PERSON.city, Country: "Netherlands" });
  await admin.find({ last4: "8210", postal: PERSON.postal });
  await expect(admin.link(reference)).toBeVisible();
  await admin.page.getByRole("button", { name: "Sign out" }).click();
  await expect(admin.page.getByRole("heading", { name: "Sign in" })).toBeVisible();

  const { user: _, ...login } = demo.at.admin_login;
  const transmissions = await log.all();
  const wire = onTheWire(demo, transmissions);
  for (const path of ["/v1/deposits", "/v1/login/finish", "/v1/deposits/search", "/v1/openings", "/orders"]) {
    const posts = wire.filter(({ where }) => where.startsWith("POST ") && where.endsWith(`${path}, body`));
    expect(posts.length, `the log has ${path}`).toBeGreaterThanOrEqual(path === "/v1/deposits" || path === "/orders" ? 3 : 1);
  }
  expect(log.sockets).toEqual([]);
  // Pages are left as soon as there is an answer, and then the browser may not keep its body. Allowed for pictures and
  // for ingest, which stores what it answers on the disk that is searched below
  for (const lost of log.unread) expect(lost).toMatch(/\/static\/[a-z.]+$|\/v1\/(?:deposits|logout|log\/record)$/);
  expect(leaked(wire)).toEqual([]);
  expect(transmissions.flatMap(({ where, bytes }) => findLeaks(login, where, bytes))).toEqual([]);

  const disk = onDisk(demo);
  for (const name of ["vault.db", "vault.db-wal", "outbox.db", "orders.jsonl", "nightsafe.log", "shop.log", "key-manifest"]) {
    expect(disk.some(({ where }) => where.endsWith(`/${name}`)), `${name} is among the searched files`).toBe(true);
  }
  expect(leaked(disk)).toEqual([]);
  const online = filesBelow(demo.at.data_dir);
  expect(online.flatMap(({ name, bytes }) => findLeaks(login, name, bytes))).toEqual([]);

  // Whoever copies both databases can try no passphrase: what that takes lies beside them
  const guessing = pieces(readFileSync(demo.path("keys", "login.key")));
  const copies = disk.filter(({ where }) => /\/(?:vault|outbox)\.db(?:-wal)?$/.test(where));
  expect(copies.length).toBeGreaterThanOrEqual(2);
  expect(holding(copies, guessing)).toEqual([]);
  expect(holding(disk, guessing), "it is found where it is").toEqual([demo.path("keys", "login.key")]);

  // The fields origin has neither ciphertext nor anything that opens it, wrapped or not
  const sealed = texts(wire, /^POST .*\/v1\/deposits, body$/, "envelope", "locator");
  const wrapped = texts(wire, /^answer to GET .*\/v1\/custody, body$/, "grants");
  expect(sealed.length).toBeGreaterThanOrEqual(12);
  expect(wrapped.length).toBeGreaterThanOrEqual(2);
  const parts = [...sealed, ...wrapped].flatMap((text) => [Buffer.from(text), ...pieces(Buffer.from(text, "base64url"))]);
  const origin = disk.filter(({ where }) => /\/fields\/[^/]+$/.test(where)); // of every release
  expect(origin.length).toBeGreaterThan(5);
  expect(holding(origin, parts)).toEqual([]);
  expect(holding(copies, parts), "these are the bytes that are stored").toContain(demo.path("vault.db"));

  // The search does see facets where they are due
  const all = Object.keys(FACETS).sort();
  for (const [what, places] of [
    ["deposits", wire.filter(({ where }) => where.startsWith(`POST ${demo.at.ingest}`))],
    ["search answers", wire.filter(({ where }) => where.startsWith("answer") && where.endsWith("/v1/deposits/search, body"))],
  ] as const) {
    expect(readable(places), what).toEqual(all);
  }
  const vault = disk.filter(({ where, due }) => due && where.includes("vault.db"));
  for (const { stored } of Object.values(FACETS)) expect(vault.some(({ bytes }) => bytes.includes(stored)), stored).toBe(true);

  // Where roster and audit log ended, beside public keys, is all that is kept; admin.spec.ts says to the letter what
  const { cookies, origins } = await context.storageState({ indexedDB: true });
  expect(cookies).toEqual([]);
  expect(origins.map(({ origin, localStorage }) => [origin, localStorage.map(({ name }) => name).sort()])).toEqual([
    [demo.at.admin, ["nightsafe-log", "nightsafe-roster"]],
  ]);
  expect(leaked([{ where: "storage", bytes: Buffer.from(JSON.stringify(origins)), due: false }])).toEqual([]);
  await context.close();
});

test("the search finds a value in every form in which it could have been written", () => {
  const folder = mkdtempSync(join(tmpdir(), "nightsafe-planted-"));
  try {
    for (const [form, planted] of Object.entries(planting())) {
      const file = join(folder, "some.db-wal");
      // Amid other bytes, as in a page of a database
      writeFileSync(file, Buffer.concat([Buffer.alloc(4096, 0xa5), planted, Buffer.alloc(512)]));
      const found = filesBelow(folder).flatMap(({ name, bytes }) => findLeaks(SECRETS, name, bytes));
      expect(found.map(({ value }) => value), form).toContain(form.startsWith("street") ? "street" : "card number");
      expect(found.every(({ where }) => where === file)).toBe(true);
    }
    writeFileSync(join(folder, "some.db-wal"), Buffer.alloc(4096, 0xa5));
    expect(filesBelow(folder).flatMap(({ name, bytes }): Finding[] => findLeaks(SECRETS, name, bytes))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the search finds a facet as a value, whatever it is called and however it is encoded, and takes no chance for one", () => {
  const json = JSON.stringify({ id: 7, facets: { last4: "8210", expiry: "2033-09", postal_code: "7314 QX", country: "NL" } });
  const all = Object.keys(FACETS).sort();
  const found = (text: string, due = false): string[] =>
    [...new Set(findFacets(FACETS, "", Buffer.concat([Buffer.alloc(64, 0xa5), Buffer.from(text, "latin1"), Buffer.alloc(9)]), due).map(({ value }) => value))].sort();
  for (const text of [
    json,
    JSON.stringify(JSON.parse(json), null, 1),
    JSON.stringify({ request: json }),
    ...[0, 1, 2].map((shift) => btoa(" ".repeat(shift) + json)),
    Buffer.from(json).toString("hex").toUpperCase(),
    Buffer.from(json, "utf16le").toString("latin1"),
    encodeURIComponent(json),
    "last4=8210&exp=0933&postal=7314+QX&country=NL ",
    "?cc-exp=09%2F33&zip=7314%20QX&country=nl&number=8210;",
    "<td>8210</td><td>9/33</td><td>7314qx</td><td>Netherlands</td>",
  ]) {
    expect(found(text), text).toEqual(all);
  }
  expect(found(json, true), "as stored, where that is due").toEqual([]);
  for (const [value, texts] of Object.entries({
    expiry: ["09 / 33", "09/2033", '"092033"', "'3309'", "expires: 09.33", '"exp":933', btoa("xx09 / 33yy")],
    "last four": ['"last4":8210', "last_four: 8210"],
    "postal code": [btoa("x7314 QX"), "37333134205158"],
    country: ["'NL'", btoa('{"country":"NL"}'), "country%3DNL"],
  })) {
    for (const text of texts) {
      expect(found(text), text).toEqual([value]);
      if (value === "expiry") expect(found(text, true), `${text}, where facets are due`).toEqual([value]);
    }
  }
  expect(found('content-length: 8210\r\n {"ms":8210,"at":"2026-11-27T01:10:09.331Z","id":"4f09-33aa"} only NL-like, ENLARGE')).toEqual([]);
});

/** Each form, written by other means than those of the search. */
function planting(): Record<string, Buffer> {
  const bare = "5200828282828210";
  const text = (value: string): Buffer => Buffer.from(value, "latin1");
  const json = (value: string): string => JSON.stringify({ number: value, n: 1 });
  return {
    plain: text("5200 8282 8282 8210"),
    "separators removed": text(bare),
    "separated by hyphens": text("5200-8282-8282-8210"),
    hex: text("35323030383238323832383238323130"),
    "hex of the grouped number": text("35323030203832383220383238322038323130"),
    base64: text("NTIwMDgyODI4MjgyODIxMA=="),
    "base64 of JSON around it": text(btoa(json(bare))),
    "base64 of JSON, shifted by one": text(btoa(` ${json(bare)}`)),
    "base64 of JSON, shifted by two": text(btoa(`  ${json(bare)}`)),
    "base64url of the grouped number": text(btoa(json("5200 8282 8282 8210")).replaceAll("+", "-").replaceAll("/", "_")),
    "URL-encoded": text("number=5200%208282%208282%208210&x=1"),
    "form-encoded": text("number=5200+8282+8282+8210&x=1"),
    "UTF-16": Buffer.from(bare, "utf16le"),
    "UTF-16 of the grouped number": Buffer.from("5200 8282 8282 8210", "utf16le"),
    "street in capitals": text("WALDKAUZWEG 1937"),
    "street in hexadecimal capitals": text("57616C646B61757A7765672031393337"),
  };
}
