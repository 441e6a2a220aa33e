// Shoppers with a keyboard, a phone, another language, a dark screen, or no JavaScript.

import type { Page } from "@playwright/test";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import { expect, test } from "./support/test.ts";

/** What has the focus, through frames and shadow trees: the autocomplete token, or the words on it. */
async function focused(page: Page): Promise<string> {
  const name = (): string => {
    let active = document.activeElement;
    while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
    if (active?.localName === "iframe") return "iframe";
    const control = active as HTMLInputElement | null;
    return control?.getAttribute("autocomplete") ?? (control?.type === "radio" ? control.value : (control?.textContent ?? "").trim());
  };
  const outer = await page.evaluate(name);
  return outer === "iframe" ? ((await page.frames()[1]?.evaluate(name)) ?? "") : outer;
}

async function buysByKeyboard(checkout: Checkout): Promise<void> {
  const { page } = checkout;
  const { email, phone, street, postal, city, number, expiry, holder } = SHOPPER;
  await page.getByLabel("E-mail").focus();
  for (const [token, text] of [
    ["email", email],
    ["tel", phone],
    ["address-line1", street],
    ["postal-code", postal],
    ["address-level2", city],
    ["country", "Germany"],
    ["standard", ""],
    ["cc-number", number],
    ["cc-exp", expiry],
    ["cc-name", holder],
  ] as const) {
    // Between page and frame the focus crosses processes: nothing has it until the other one answers
    await expect.poll(() => focused(page)).toBe(token);
    if (text !== "") await page.keyboard.type(text);
    if (token !== "cc-name") await page.keyboard.press("Tab");
  }
}

test("keyboard only: from the first field to the order, the frame's fields in their place, Enter submits", async ({ page, checkout }) => {
  await checkout.open();
  await checkout.ready();
  await buysByKeyboard(checkout);
  await page.keyboard.press("Tab");
  await expect.poll(() => focused(page)).toContain("Place the order");
  await page.keyboard.press("Shift+Tab");
  await expect.poll(() => focused(page)).toBe("cc-name");
  await page.keyboard.press("Enter");
  await checkout.ordered();
});

test("what is wrong gets the focus: the first field of the card, then the page's own", async ({ page, checkout }) => {
  await checkout.open();
  await checkout.fill();
  await checkout.cardInput("cc-number").fill("4111 1111 1111 1112");
  await page.getByLabel("Phone").fill("030+1234567");
  await page.getByLabel("City").press("Enter");
  await expect(checkout.frame.locator("#number-error")).toHaveText("This card number is not right. Please check the digits.");
  await expect(checkout.cardInput("cc-number")).toBeFocused();
  await expect(page.getByLabel("Phone")).toHaveAttribute("aria-invalid", "true");
  await checkout.cardInput("cc-number").fill(SHOPPER.number);
  await checkout.buy.click();
  await expect(page.getByLabel("Phone")).toBeFocused();
  expect(await page.getByLabel("Phone").evaluate((input: HTMLInputElement) => input.validationMessage)).toBe(
    "Please enter a phone number, with area code.",
  );
  await page.getByLabel("Phone").fill(SHOPPER.phone);
  await expect(page.getByLabel("Phone")).not.toHaveAttribute("aria-invalid");
  await checkout.buy.click();
  await checkout.ordered();
});

test.describe("a phone, 360 pixels wide", () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });

  test("nothing scrolls sideways, in page, frame, with errors, and after the order", async ({ page, checkout }) => {
    const fits = (): boolean => document.documentElement.scrollWidth <= innerWidth;
    for (const mode of ["mixed", "inline"] as const) {
      await checkout.open(mode);
      if (mode === "mixed") await checkout.ready();
      expect(await page.evaluate(fits)).toBe(true);
    }
    await checkout.open();
    await checkout.ready();
    await checkout.cardInput("cc-number").fill("4111 1111 1111 1112");
    await checkout.cardInput("cc-exp").fill("13/20");
    await checkout.cardInput("cc-exp").blur();
    await expect(checkout.frame.locator("#expiry-error")).not.toBeEmpty();
    expect(await page.frames()[1]?.evaluate(fits)).toBe(true);
    expect(await page.evaluate(fits)).toBe(true);
    // All of the frame is on screen: it is as high as what is in it
    const inner = await page.frames()[1]?.evaluate(() => Math.ceil(document.documentElement.getBoundingClientRect().height));
    await expect.poll(async () => (await page.locator("nightsafe-card iframe").boundingBox())?.height).toBe(inner);
    for (const token of ["cc-number", "cc-exp"] as const) await checkout.cardInput(token).clear();
    await checkout.fill();
    await checkout.buy.tap();
    await checkout.ordered();
    expect(await page.evaluate(fits)).toBe(true);
  });
});

/** Contrast of an element's text to its nearest opaque background (WCAG 2.2). */
function contrast(element: Element): number {
  const rgb = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
  const linear = (channel: number): number => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);
  const luminance = ([r = 0, g = 0, b = 0]: number[]): number => {
    const [x = 0, y = 0, z = 0] = [r, g, b].map((each) => linear(each / 255));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  let place: Element | null = element;
  while (place && rgb(getComputedStyle(place).backgroundColor)[3] === 0) place = place.parentElement;
  const back = place ? getComputedStyle(place).backgroundColor : getComputedStyle(document.documentElement).backgroundColor;
  const [a, b] = [luminance(rgb(getComputedStyle(element).color)), luminance(rgb(back))].sort((x, y) => y - x);
  return ((a ?? 0) + 0.05) / ((b ?? 0) + 0.05);
}

/** What stands behind typed text. */
function paper(): string {
  return getComputedStyle(document.querySelector("input") as Element).backgroundColor;
}

test.describe("a dark screen", () => {
  test.use({ colorScheme: "dark" });

  test("page and frame are dark, and what is typed can be read", async ({ page, checkout }) => {
    await checkout.open();
    await checkout.fillCard();
    const brightest = (color: string | undefined): number => Math.max(...(color?.match(/\d+/g) ?? [255]).slice(0, 3).map(Number));
    expect(brightest(await page.evaluate(paper))).toBeLessThan(100);
    expect(brightest(await page.frames()[1]?.evaluate(paper))).toBeLessThan(100);
    expect(await checkout.cardInput("cc-number").evaluate(contrast)).toBeGreaterThan(7);
  });
});

test("a screen that becomes dark while the page is open takes the frame along", async ({ page, checkout }) => {
  await checkout.open();
  await checkout.ready();
  const ofFrame = async (): Promise<string | undefined> => page.frames()[1]?.evaluate(paper);
  const before = await ofFrame();
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(ofFrame).not.toBe(before);
});

test.describe("forced colours", () => {
  test.use({ forcedColors: "active" });

  test("borders, focus and errors are there without colours of ours", async ({ page, checkout }) => {
    await checkout.open();
    await checkout.ready();
    const number = checkout.cardInput("cc-number");
    await number.fill("4111 1111 1111 1112");
    await expect(number).toHaveCSS("outline-style", "solid");
    await number.blur();
    await expect(number).toHaveCSS("border-top-width", "2px");
    await expect(number).toHaveCSS("border-top-style", "solid");
    expect(await page.frames()[1]?.evaluate(() => matchMedia("(forced-colors: active)").matches)).toBe(true);
    expect(await number.evaluate(contrast)).toBeGreaterThan(7);
  });
});

test("German: labels, errors and messages, from the element's own attribute, while the page is open", async ({ page, checkout }) => {
  await checkout.open();
  await checkout.ready();
  await checkout.card.evaluate((card) => card.setAttribute("locale", "de-AT"));
  const number = checkout.frame.getByLabel("Kartennummer");
  await expect(number).toBeVisible();
  await expect(checkout.frame.getByLabel("Gültig bis")).toHaveAttribute("placeholder", "MM / JJ");
  await expect(checkout.frame.getByLabel("Name auf der Karte")).toBeVisible();
  await expect(checkout.frame.locator("html")).toHaveAttribute("lang", "de");
  await number.fill("4111 1111 1111 1112");
  await number.blur();
  await expect(checkout.frame.locator("#number-error")).toHaveText("Diese Kartennummer stimmt nicht. Bitte prüfen Sie die Ziffern.");
  await number.clear();
  await checkout.fill();
  await page.getByLabel("Phone").fill("030+1234567");
  await checkout.buy.click();
  await expect(page.getByLabel("Phone")).toHaveAttribute("aria-invalid", "true");
  const message = await page.getByLabel("Phone").evaluate((input: HTMLInputElement) => input.validationMessage);
  expect(message).toBe("Bitte geben Sie eine Telefonnummer mit Vorwahl ein.");
});

test("no JavaScript: the page says why nothing can be ordered, and nothing can", async ({ browser, launchOptions, demo }) => {
  // Switched off as in the browser's settings: with the debugger's switch, <noscript> stays hidden
  const args = [...(launchOptions.args ?? []), "--blink-settings=scriptEnabled=false"];
  const without = await browser.browserType().launch({ ...launchOptions, args });
  try {
    const page = await without.newPage();
    const checkout = new Checkout(page, demo);
    const methods: string[] = [];
    page.on("request", (request) => methods.push(request.method()));
    for (const mode of ["mixed", "inline"] as const) {
      await checkout.open(mode);
      await expect(page.locator("noscript p")).toBeVisible();
      await expect(page.locator("noscript p")).toContainText("needs JavaScript. Please switch it on for this page.");
      await checkout.fillContact();
      await checkout.buy.click({ force: true });
      await page.getByLabel("City").press("Enter");
      await checkout.open(mode);
      expect(methods.filter((method) => method !== "GET")).toEqual([]);
    }
  } finally {
    await without.close();
  }
});
