// After a lock, and after signing out, neither passphrase nor private key nor plaintext is left in the admin page: not in the
// JavaScript heap, as DevTools takes it, not in the memory of its WASM modules, which a heap snapshot does not hold, and not in
// what the browser keeps for the page. Keys are looked for as bytes and in every way in which they may be written.

import { randomBytes } from "node:crypto";
import type { CDPSession, Page } from "@playwright/test";
import { Admin } from "./support/admin.ts";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import { Demo } from "./support/demo.ts";
import { heap, inMemories, kept, watchMemories } from "./support/heap.ts";
import { grantedItems, identityItems, writtenAs, type Custody, type Resumed } from "./support/private.ts";
import { expect, test } from "./support/test.ts";

const HOLDER = "Zuleika Nachtigallenschlag";
const STREET = "Wolkenzaungasse 77";

const hex = (text: string): string => Buffer.from(text).toString("hex");

/** Its vault has not counted other tests' sign-ins: there are four in one test. */
let demo: Demo;

test.beforeAll(async ({ demo: _built, spare }) => {
  test.setTimeout(120_000);
  demo = await Demo.start(spare);
});

test.afterAll(() => demo.stop());

/** Which of these texts, and of the bytes of keys in whatever form, are there still. */
async function left(page: Page, client: CDPSession, texts: readonly string[], keys: readonly Buffer[]): Promise<Record<string, string[]>> {
  const all = [...texts, ...keys.flatMap(writtenAs)];
  const [snapshot, stored] = [await heap(client), await kept(page)];
  expect(snapshot, "it is a snapshot of this page").toContain("Nightsafe");
  return {
    heap: all.filter((text) => snapshot.includes(text)),
    kept: all.filter((text) => stored.includes(text)),
    memory: await inMemories(page, [...keys.map((key) => key.toString("hex")), ...all.map(hex)]),
  };
}

const NOTHING = { heap: [], kept: [], memory: [] };

test("a lock and a sign-out leave neither passphrase nor private key nor plaintext in heap, WASM memory or storage", async ({ context }) => {
  test.setTimeout(240_000);
  const [checkout, admin] = [new Checkout(await context.newPage(), demo), new Admin(await context.newPage(), demo)];
  const { page } = admin;
  const { reference } = await checkout.purchase({ ...SHOPPER, holder: HOLDER, street: STREET }, "mixed");
  const client = await page.context().newCDPSession(page);
  await client.send("HeapProfiler.enable");
  await watchMemories(page);
  await admin.signIn();
  const half = await page.evaluate(() => sessionStorage.getItem("nightsafe-tab") ?? "");
  const [resumed, custody] = ["/v1/session/resume", "/v1/custody"].map((path) => page.waitForResponse((response) => response.url().endsWith(path)));
  await page.reload();
  const site = /^site (.+)$/m.exec(demo.read("anchor.txt"))?.[1] ?? "";
  const identity = identityItems((await (await resumed)?.json()) as Resumed, half, site);
  const granted = (await (await custody)?.json()) as Custody;
  const keys = [...Object.values(identity), ...(await grantedItems([...granted.keys, ...granted.audit_keys], identity, site))] as Buffer[];
  expect(keys.length, "two items of each of two data keys and of the audit key").toBe(3 + 2 * 3);
  await page.evaluate(() => sessionStorage.clear()); // the next load is another tab's: the passphrase is asked for
  await page.reload();

  const { passphrase } = demo.at.admin_login;
  const texts = [passphrase, SHOPPER.number, SHOPPER.number.replaceAll(" ", ""), HOLDER, STREET];
  const opens = async (): Promise<void> => {
    await admin.credentials();
    // After a lock it goes on where it was
    await expect(page.getByRole("search").or(page.getByRole("heading", { level: 1, name: reference }))).toBeVisible({ timeout: 60_000 });
    await admin.deposit(reference);
    await admin.opened(["Card", "Address"], "Ship the order");
  };
  const isOpen = async (): Promise<void> => {
    const { heap, memory } = await left(page, client, texts, keys);
    expect(heap).toEqual(expect.arrayContaining([HOLDER, STREET]));
    expect(memory, "private keys").toEqual(expect.arrayContaining(keys.map((key) => key.toString("hex"))));
  };
  await opens();
  await test.step("positive control: before the lock they are found", isOpen);
  await test.step("positive control: a key is found in every form and place in which it could lie", async () => {
    const decoy = randomBytes(32);
    const forms = writtenAs(decoy);
    expect(forms.length, "hex twice, base64 from each place, numbers").toBeGreaterThanOrEqual(2 + 3 + 1);
    expect(await left(page, client, forms, [decoy])).toEqual(NOTHING);
    await page.evaluate((forms) => Object.assign(globalThis, { planted: forms.map((form) => `{"key":"${form}"}`) }), forms);
    const snapshot = await heap(client);
    expect(forms.filter((form) => !snapshot.includes(form))).toEqual([]);
    for (const place of ["sessionStorage", "localStorage", "history", "title", "document"] as const) {
      const before = await page.evaluate(plant, { place, text: forms.join(" ") });
      const stored = await kept(page);
      expect(forms.filter((form) => !stored.includes(form)), place).toEqual([]);
      await page.evaluate(plant, { place, text: before });
    }
    const bytes = [decoy.toString("hex"), ...forms.map(hex)];
    for (const one of bytes) expect(await inMemories(page, bytes, one)).toContain(one);
    expect(await inMemories(page, bytes)).toEqual([]);
  });

  await page.getByRole("button", { name: "Lock" }).click();
  await expect(page.getByRole("heading", { name: "Locked" })).toBeVisible();
  expect(await left(page, client, texts, keys), "after a lock").toEqual(NOTHING);

  await opens();
  await test.step("positive control: before signing out they are found", isOpen);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  expect(await left(page, client, texts, keys), "after signing out").toEqual(NOTHING);
});

/** Puts a text where a page could leave one; gives what was there. Runs in the page. */
function plant({ place, text }: { readonly place: string; readonly text: string }): string {
  if (place === "title") {
    const before = document.title;
    document.title = text;
    return before;
  }
  if (place === "history") {
    const before = location.hash;
    history.replaceState(history.state, "", `#${text.replace(/^#/, "")}`);
    return before;
  }
  if (place === "document") {
    document.documentElement.dataset["planted"] = text;
    return "";
  }
  (place === "localStorage" ? localStorage : sessionStorage).setItem("planted", text);
  return "";
}
