// The card's fields under the hands: grouping, caret, paste, autofill, errors at the right moment.

import type { Locator } from "@playwright/test";
import { SHOPPER } from "./support/checkout.ts";
import { expect, test } from "./support/test.ts";

const DIGITS = SHOPPER.number.replaceAll(" ", "");

/** The text with a bar at the caret. */
function withCaret(input: Locator): Promise<string> {
  return input.evaluate((element: HTMLInputElement) => {
    const at = element.selectionStart ?? -1;
    return `${element.value.slice(0, at)}|${element.value.slice(at)}`;
  });
}

/** As the browser inserts what is on the clipboard. */
function paste(input: Locator, text: string): Promise<void> {
  return input.evaluate((element: HTMLInputElement, pasted) => {
    element.focus();
    document.execCommand("insertText", false, pasted);
  }, text);
}

test.beforeEach(async ({ checkout }) => {
  await checkout.open("hosted");
  await checkout.ready();
});

test("errors come after a field was left, not before; they are tied to it and announced; they go as it gets right", async ({
  checkout,
}) => {
  const number = checkout.cardInput("cc-number");
  const error = checkout.frame.locator("#number-error");
  await expect(error).toHaveRole("alert");
  expect(await number.getAttribute("aria-describedby")).toContain("number-error");
  await number.focus();
  await number.blur();
  await expect(error, "passing through is no mistake").toBeEmpty();
  await number.pressSequentially("4111 1111 1111 1112");
  await expect(number).toHaveValue("4111 1111 1111 1112");
  await expect(error, "still typing").toBeEmpty();
  await expect(number).toHaveAttribute("aria-invalid", "false");
  await number.blur();
  await expect(error).toHaveText("This card number is not right. Please check the digits.");
  await expect(number).toHaveAttribute("aria-invalid", "true");
  await expect(number).toHaveAccessibleDescription(/This card number is not right/);
  await number.press("End");
  await number.press("Backspace");
  await expect(error).toHaveText("Some digits are missing from the card number.");
  await number.pressSequentially("1");
  await expect(error).toBeEmpty();
  await expect(number).toHaveAttribute("aria-invalid", "false");
});

test("ordering with empty fields names each that is required", async ({ page, checkout }) => {
  await checkout.buy.click();
  await expect(checkout.frame.locator("#number-error")).toHaveText("Please enter your card number.");
  await expect(checkout.frame.locator("#expiry-error")).toHaveText("Please enter the expiry date.");
  await expect(checkout.frame.locator("#holder-error")).toBeEmpty();
  await expect(checkout.cardInput("cc-number")).toBeFocused();
  await expect(page).toHaveURL(/\/checkout/);
});

for (const [expiry, message] of [
  ["10/26", "This card has expired."],
  ["00/29", "Please enter the date as month and year, for example 08 / 29."],
  ["1", "Please enter month and year, for example 08 / 29."],
] as const) {
  test(`expiry ${expiry}: ${message}`, async ({ page, checkout }) => {
    await page.clock.setFixedTime("2026-11-21T12:00:00Z");
    const input = checkout.cardInput("cc-exp");
    await input.pressSequentially(expiry);
    await input.blur();
    await expect(checkout.frame.locator("#expiry-error")).toHaveText(message);
  });
}

test("a click on a label focuses its field; so does one on the shop's own label for the element", async ({ page, checkout }) => {
  for (const [label, token] of [
    ["Card number", "cc-number"],
    ["Expiry date", "cc-exp"],
    ["Name on card", "cc-name"],
  ] as const) {
    await checkout.frame.locator("label", { hasText: label }).click();
    await expect(checkout.cardInput(token)).toBeFocused();
  }
  await page.getByRole("heading", { level: 1 }).click(); // the focus leaves the frame
  await page.evaluate(() => {
    const label = document.createElement("label");
    label.htmlFor = "card";
    label.textContent = "Pay with your card";
    const card = document.querySelector("nightsafe-card");
    card?.setAttribute("id", "card");
    card?.before(label);
  });
  await page.getByText("Pay with your card").click();
  await expect(checkout.cardInput("cc-number")).toBeFocused();
});

for (const [what, pasted] of [
  ["plain", DIGITS],
  ["spaces", ` ${SHOPPER.number} \n`],
  ["hyphens", "4111-1111-1111-1111"],
  ["dots and no-break spaces", "4111.1111\u00a01111\u202f1111"],
  ["full-width digits", "４１１１ １１１１ １１１１ １１１１"],
  ["words around it", "Card: 4111 1111 1111 1111."],
] as const) {
  test(`paste, ${what}`, async ({ checkout }) => {
    const number = checkout.cardInput("cc-number");
    await paste(number, pasted);
    await expect(number).toHaveValue("4111 1111 1111 1111");
    await number.blur();
    await expect(checkout.frame.locator("#number-error")).toBeEmpty();
    await expect(checkout.frame.getByRole("img", { name: "Visa" })).toBeVisible();
  });
}

test("the caret stays at its digit when something is typed or pasted in the middle", async ({ page, checkout }) => {
  const number = checkout.cardInput("cc-number");
  await number.pressSequentially("411111111111");
  expect(await withCaret(number)).toBe("4111 1111 1111|");
  for (let back = 0; back < 6; back++) await number.press("ArrowLeft");
  expect(await withCaret(number)).toBe("4111 111|1 1111");
  await page.keyboard.type("2");
  expect(await withCaret(number)).toBe("4111 1112| 1111 1");
  await page.keyboard.type("3");
  expect(await withCaret(number)).toBe("4111 1112 3|111 11");
  await paste(number, "99");
  expect(await withCaret(number)).toBe("4111 1112 399|1 1111");
});

test("Backspace and Delete get through: digit by digit, a gap costs one press more", async ({ checkout }) => {
  const number = checkout.cardInput("cc-number");
  const bare = async (): Promise<string> => (await withCaret(number)).replaceAll(" ", "");
  const presses = async (key: string, expected: string): Promise<void> => {
    const before = await bare();
    await number.press(key);
    if ((await bare()) === before) await number.press(key);
    expect(await bare()).toBe(expected);
  };
  await number.pressSequentially("4123 4567 8901 2345");
  for (let back = 0; back < 10; back++) await number.press("ArrowLeft");
  expect(await withCaret(number)).toBe("4123 4567| 8901 2345");
  for (const expected of ["4123456|89012345", "412345|89012345", "41234|89012345", "4123|89012345", "412|89012345"]) {
    await presses("Backspace", expected);
  }
  for (const expected of ["412|9012345", "412|012345", "412|12345", "412|2345", "412|345", "412|45", "412|5", "412|"]) {
    await presses("Delete", expected);
  }
});

test("nobody is pushed on: a full field keeps the focus", async ({ checkout }) => {
  const number = checkout.cardInput("cc-number");
  await number.pressSequentially(DIGITS);
  await expect(number).toBeFocused();
  const expiry = checkout.cardInput("cc-exp");
  await expiry.pressSequentially("1229");
  await expect(expiry).toHaveValue("12 / 29");
  await expect(expiry).toBeFocused();
});

test("autofill: all at once, with a year of four digits", async ({ page, checkout }) => {
  await checkout.open();
  await checkout.ready();
  const fill = (values: Record<string, string>): void => {
    for (const [token, value] of Object.entries(values)) {
      const input = document.querySelector<HTMLInputElement>(`[autocomplete=${token}]`);
      if (!input) throw new Error(token);
      input.value = value;
      for (const type of ["input", "change", "blur"]) input.dispatchEvent(new Event(type, { bubbles: type !== "blur" }));
    }
  };
  const { email, phone, street, postal, city, country, holder } = SHOPPER;
  await page.frames()[1]?.evaluate(fill, { "cc-number": DIGITS, "cc-exp": "12/2029", "cc-name": holder });
  await page.evaluate(fill, { email, tel: phone, "address-line1": street, "postal-code": postal, "address-level2": city, country });
  await expect(checkout.cardInput("cc-number")).toHaveValue(SHOPPER.number);
  await expect(checkout.cardInput("cc-exp")).toHaveValue("12 / 2029");
  await checkout.buy.click();
  await checkout.ordered();
});

test("what password managers look for: names, tokens, keyboards", async ({ checkout }) => {
  for (const [token, mode] of [
    ["cc-number", "numeric"],
    ["cc-exp", "numeric"],
    ["cc-name", null],
  ] as const) {
    const input = checkout.cardInput(token);
    await expect(input).toHaveAttribute("name", token);
    expect(await input.getAttribute("inputmode")).toBe(mode);
    expect(await input.evaluate((element: HTMLInputElement) => element.labels?.length)).toBe(1);
    expect(await input.getAttribute("maxlength"), "a limit would cut a paste with separators").toBeNull();
  }
});
