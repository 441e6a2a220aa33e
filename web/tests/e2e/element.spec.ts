// The element as a shop's developer meets it: docs/ELEMENT.md, sentence by sentence, where no other test does.

import type { Page } from "@playwright/test";
import { SHOPPER } from "./support/checkout.ts";
import { findLeaks } from "./support/leaks.ts";
import { pinned } from "./support/published.ts";
import { expect, test } from "./support/test.ts";

/** What of the element is used here, as a page's own script sees it. */
interface Card extends HTMLElement {
  readonly form: HTMLFormElement | null;
  seal(): Promise<{ depositId: string; receipt: string }>;
}

interface Heard {
  readonly type: string;
  readonly detail: Record<string, unknown>;
}

/** Writes down every event of the element, with its whole detail; gives what was heard so far. */
async function listening(page: Page): Promise<() => Promise<Heard[]>> {
  await page.addInitScript(() => {
    const heard: { type: string; detail: unknown }[] = [];
    Object.assign(window, { heard });
    for (const type of ["ready", "change", "error", "loaderror", "sealed"]) {
      const note = ({ target, detail }: CustomEvent<unknown>): void => {
        if ((target as Element).localName === "nightsafe-card") heard.push({ type, detail });
      };
      document.addEventListener(type, note as (event: Event) => void, true);
    }
  });
  return () => page.evaluate(() => (window as unknown as { heard: Heard[] }).heard);
}

/** Deposits that the page posts: how many fields each has. */
function deposits(page: Page): number[] {
  const counts: number[] = [];
  page.on("request", (request) => {
    if (request.method() !== "POST" || !request.url().endsWith("/v1/deposits")) return;
    counts.push((request.postDataJSON() as { fields: unknown[] }).fields.length);
  });
  return counts;
}

const TYPED = { ...SHOPPER, digits: SHOPPER.number.replaceAll(" ", ""), last4: "1111", country: "Germany" };

/** The events hold nothing of what was typed. */
function holdNothing(heard: readonly Heard[], typed: Record<string, string> = TYPED): void {
  expect(heard.length).toBeGreaterThan(0);
  expect(findLeaks(typed, "events", Buffer.from(JSON.stringify(heard)))).toEqual([]);
}

test("events of an order that the page sends itself: change, ready, sealed; a second submit is the same deposit", async ({ page, checkout }) => {
  const heard = await listening(page);
  const posted = deposits(page);
  await checkout.open();
  await page.evaluate(() => document.querySelector("nightsafe-card")?.addEventListener("sealed", (event) => event.preventDefault()));
  await checkout.fill();
  const complete = { type: "change", detail: { complete: true, empty: false, brand: "visa", errors: {} } };
  await expect.poll(async () => (await heard()).at(-1)).toEqual(complete);
  const before = await heard();
  expect(before[0]).toEqual({ type: "change", detail: { complete: false, empty: true, brand: "", errors: {} } });
  expect(before[1]).toEqual({ type: "ready", detail: {} });
  expect(new Set(before.slice(2).map(({ type }) => type))).toEqual(new Set(["change"]));

  await checkout.buy.click();
  await expect.poll(async () => (await heard()).at(-1)?.type).toBe("sealed");
  const sealed = (await heard()).at(-1)?.detail as { depositId: string; receipt: string };
  expect(Object.keys(sealed)).toEqual(["depositId", "receipt"]);
  expect(sealed.depositId).toMatch(/^[0-9a-f]{64}$/);
  await expect(page).toHaveURL(/\/checkout/);
  const sent = await page.evaluate(() => [...new FormData(document.querySelector("form") as HTMLFormElement)]);
  expect(new Map(sent as [string, string][]).get("nightsafe_receipt")).toBe(sealed.receipt);
  expect(sent.map(([name]) => name).toSorted()).toEqual(["delivery", "nightsafe_receipt", "reference"]);

  await checkout.buy.click();
  await expect.poll(async () => (await heard()).filter(({ type }) => type === "sealed").length).toBe(2);
  expect((await heard()).at(-1)?.detail).toEqual(sealed);
  expect(posted).toHaveLength(1);
  holdNothing(await heard());

  await page.evaluate(() => document.querySelector("form")?.submit());
  expect((await checkout.ordered()).deposit).toBe(sealed.depositId);
});

test("events of what is wrong: change and error name fields and codes, and nothing that was typed", async ({ page, checkout }) => {
  const heard = await listening(page);
  await checkout.open();
  await checkout.fill();
  const typed = { number: "4111 1111 1111 1112", phone: "030+1234567" };
  await checkout.cardInput("cc-number").fill(typed.number);
  await checkout.cardInput("cc-number").blur();
  await page.getByLabel("Phone").fill(typed.phone);
  await expect
    .poll(async () => (await heard()).at(-1))
    .toEqual({ type: "change", detail: { complete: false, empty: false, brand: "visa", errors: { number: "invalid_number" } } });
  await checkout.buy.click();
  await expect.poll(async () => (await heard()).at(-1)?.type).toBe("error");
  expect((await heard()).at(-1)?.detail).toEqual({
    code: "fields",
    problems: [
      { field: "card.number", index: 0, code: "invalid_number", message: "This card number is not right. Please check the digits." },
      { field: "phone", index: 0, code: "invalid_phone", message: "Please enter a phone number, with area code." },
    ],
  });
  holdNothing(await heard(), { ...TYPED, ...typed });
});

test("events of a frame that does not load: loaderror; seal() rejects with the same code", async ({ page, demo, checkout }) => {
  const { wasm } = await pinned(demo);
  await page.route(`${demo.at.fields}/${wasm}`, (route) => route.abort());
  // By which the frame finds out whether the server is there, when only the module does not come
  await page.route(`${demo.at.fields}/key-manifest`, (route) => (route.request().method() === "HEAD" ? route.abort() : route.fallback()));
  const heard = await listening(page);
  await checkout.open("hosted");
  await expect(checkout.card.getByRole("alert")).toContainText("(module_unreachable)", { timeout: 25_000 });
  expect(await heard()).toEqual([{ type: "loaderror", detail: { code: "module_unreachable" } }]);
  const error = await page.evaluate(() => (document.querySelector("nightsafe-card") as Card).seal().catch(({ name, code, problems }) => ({ name, code, problems })));
  expect(error).toEqual({ name: "NightsafeError", code: "module_unreachable", problems: [] });
  expect((await heard()).at(-1)).toEqual({ type: "error", detail: { code: "module_unreachable", problems: [] } });
});

test("seal(): a receipt without a submit, one sealing for calls at once, and no event but change", async ({ page, checkout }) => {
  const heard = await listening(page);
  const posted = deposits(page);
  await checkout.open("hosted");
  await checkout.fill(SHOPPER, "hosted");
  const { one, same, receipt } = await page.evaluate(async () => {
    const card = document.querySelector("nightsafe-card") as Card;
    const [first, second] = [card.seal(), card.seal()];
    return { one: await first, same: first === second, receipt: (card.form?.elements.namedItem("nightsafe_receipt") as HTMLInputElement).value };
  });
  expect(same).toBe(true);
  expect(receipt).toBe(one.receipt);
  expect(posted).toHaveLength(1);
  expect((await heard()).filter(({ type }) => type === "sealed" || type === "error")).toEqual([]);
  await expect(page).toHaveURL(/\/checkout/);
  await checkout.buy.click();
  expect((await checkout.ordered()).deposit).toBe(one.depositId);
});

test("seal() rejects with the code and the problems", async ({ page, checkout }) => {
  await checkout.open("hosted");
  await checkout.ready();
  const error = await page.evaluate(() => (document.querySelector("nightsafe-card") as Card).seal().catch(({ name, code, problems }) => ({ name, code, problems })));
  expect(error).toMatchObject({
    name: "NightsafeError",
    code: "fields",
    problems: [
      { field: "card.number", index: 0, code: "required" },
      { field: "card.expiry", index: 0, code: "required" },
    ],
  });
});

test("form.reset() empties the card and takes the receipt out; the next deposit is another one", async ({ page, checkout }) => {
  const posted = deposits(page);
  const seal = (): Promise<string> => page.evaluate(async () => (await (document.querySelector("nightsafe-card") as Card).seal()).depositId);
  await checkout.open("hosted");
  await checkout.fill(SHOPPER, "hosted");
  const first = await seal();
  await expect(page.locator("[name=nightsafe_receipt]")).toHaveCount(1);
  await checkout.fillCard();
  await page.evaluate(() => document.querySelector("form")?.reset());
  for (const token of ["cc-number", "cc-exp", "cc-name"] as const) await expect(checkout.cardInput(token)).toHaveValue("");
  await expect(page.locator("[name=nightsafe_receipt]")).toHaveCount(0);
  await checkout.buy.click();
  await expect(checkout.frame.locator("#number-error")).toHaveText("Please enter your card number.");
  await checkout.fillCard();
  expect(await seal()).not.toBe(first);
  expect(posted).toHaveLength(2);
});

test("disabled, by itself and by the fieldset around it, while the page is open", async ({ page, checkout }) => {
  await checkout.open("hosted");
  await checkout.ready();
  for (const place of ["nightsafe-card", "fieldset:has(nightsafe-card)"]) {
    await page.locator(place).evaluate((element) => element.setAttribute("disabled", ""));
    await expect(checkout.cardInput("cc-number")).toBeDisabled();
    await page.locator(place).evaluate((element) => element.removeAttribute("disabled"));
    await expect(checkout.cardInput("cc-number")).toBeEditable();
  }
});

test("it is one of its form's elements; the guard makes the form invalid until it is ready, and the card does not after that", async ({
  page,
  demo,
  checkout,
}) => {
  const look = (): Promise<unknown> =>
    page.evaluate(() => {
      const card = document.querySelector("nightsafe-card") as Card;
      const form = document.querySelector("form") as HTMLFormElement;
      return { isOfForm: card.form === form && [...form.elements].includes(card), isValid: form.checkValidity() };
    });
  let go = (): void => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  await page.route(`${demo.at.ingest}/v1/timestamp`, (route) => held.then(() => route.continue()));
  await checkout.open("hosted");
  await expect.poll(look).toEqual({ isOfForm: true, isValid: false });
  go();
  await checkout.ready();
  expect(await look()).toEqual({ isOfForm: true, isValid: true });
});

test("marked controls that are not ticked, or that a fieldset disables, are not sealed", async ({ page, checkout }) => {
  const posted = deposits(page);
  await checkout.open("hosted");
  await checkout.fill(SHOPPER, "hosted");
  await page.evaluate(() => {
    const form = document.querySelector("form");
    const make = (type: string, field: string, value: string): HTMLInputElement =>
      Object.assign(document.createElement("input"), { type, value, id: `${type}-${field}` }) as HTMLInputElement;
    for (const [type, field, value] of [
      ["checkbox", "phone", "+49 30 901820417"],
      ["radio", "email", "a@example.org"],
    ] as const) {
      const input = make(type, field, value);
      input.dataset["nightsafe"] = field;
      form?.append(input);
    }
    const set = document.createElement("fieldset");
    const inside = make("text", "phone", "+49 30 901820417");
    inside.dataset["nightsafe"] = "phone";
    inside.dataset["nightsafeIndex"] = "1";
    set.append(inside);
    set.disabled = true;
    form?.append(set);
  });
  const seal = (): Promise<unknown> => page.evaluate(() => (document.querySelector("nightsafe-card") as Card).seal());
  await seal();
  expect(posted).toEqual([1]);
  await page.locator("#checkbox-phone").check();
  await page.locator("#radio-email").check();
  await page.evaluate(() => ((document.querySelector("#text-phone")?.parentElement as HTMLFieldSetElement).disabled = false));
  await checkout.fillCard();
  await seal();
  expect(posted).toEqual([1, 4]);
});

test("a frame document that somebody replaced: what it would have the page show or send is not taken", async ({ page, demo, checkout }) => {
  const { frame } = await pinned(demo);
  const says = [
    { type: "failed", code: "Please call 0900 123456" },
    { type: "refused", id: 0, code: "fields", message: "Please call 0900 123456", problems: [], more: "" },
    { type: "sealed", id: 0, sealed: { depositId: "ab".repeat(32), receipt: "a.b.c", more: "" } },
    "hello",
  ];
  for (const message of says) {
    await page.route(`${demo.at.fields}/${frame}`, (route) =>
      route.fulfill({
        contentType: "text/html",
        headers: { "cross-origin-resource-policy": "cross-origin", "cross-origin-embedder-policy": "require-corp" },
        body: `<script>onmessage = ({ ports: [port] }) => port.postMessage(${JSON.stringify(JSON.stringify(message))})</script>`,
      }),
    );
    await checkout.open("hosted");
    await expect(checkout.card.getByRole("alert"), JSON.stringify(message)).toContainText("(frame_replaced)");
    await expect(page.getByText("0900")).toHaveCount(0);
    await expect(page.locator("[name=nightsafe_receipt]")).toHaveCount(0);
    await page.unroute(`${demo.at.fields}/${frame}`);
  }
});

test("a receipt that nobody waits for is not put into the form", async ({ page, demo, checkout }) => {
  const { frame } = await pinned(demo);
  const receipt = { type: "sealed", id: 0, sealed: { depositId: "ab".repeat(32), receipt: "a.b.c" } };
  const says = [{ type: "hello" }, { type: "ready" }, receipt, { type: "resize", height: 77 }].map((message) => JSON.stringify(message));
  await page.route(`${demo.at.fields}/${frame}`, (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<script>onmessage = ({ ports: [port] }) => ${JSON.stringify(says)}.forEach((text) => port.postMessage(text))</script>`,
    }),
  );
  await checkout.open("hosted");
  await expect(checkout.card.locator("iframe")).toHaveCSS("height", "77px");
  await expect(page.locator("[name=nightsafe_receipt]")).toHaveCount(0);
});
