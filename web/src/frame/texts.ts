// What the shopper reads in the frame: English here, every other language in a file of its own (texts-de.ts).

const en = {
  title: "Card details",
  number: "Card number",
  expiry: "Expiry date",
  holder: "Name on card",
  optional: "optional",
  month_year: "MM / YY",
  sealed: "Your card is encrypted and stored. To use another card, enter it here.",

  required: "Please fill in this field.",
  "number.required": "Please enter your card number.",
  "expiry.required": "Please enter the expiry date.",
  "holder.required": "Please enter the name on the card.",
  incomplete: "This entry is not complete yet.",
  "number.incomplete": "Some digits are missing from the card number.",
  "expiry.incomplete": "Please enter month and year, for example 08 / 29.",
  invalid_number: "This card number is not right. Please check the digits.",
  unsupported_brand: "We do not accept this type of card.",
  expired: "This card has expired.",
  invalid_expiry: "Please enter the date as month and year, for example 08 / 29.",
  invalid_iban: "This IBAN is not right. Please check it.",
  invalid_account_number: "This account number is not right. Please check it.",
  invalid_routing_number: "This routing number is not right. Please check it.",
  invalid_ssn: "This social security number is not right. Please check it.",
  invalid_phone: "Please enter a phone number, with area code.",
  invalid_email: "Please enter an e-mail address, such as name@example.com.",
  invalid_postal_code: "This postal code does not fit the country.",
  invalid_country: "Please choose a country.",
  too_long: "This entry is too long.",
  unsupported_characters: "Please remove characters that do not belong here.",
  field: "Please check this entry.",

  ingest: "We could not reach the server that stores your data. Nothing is lost: please try again in a moment.",
  seal: "Your data could not be encrypted and stored, so nothing was sent. Please try again, or tell the shop.",
};

export type Texts = Record<keyof typeof en, string>;

/** A language, and what is said in it. */
export interface Spoken {
  readonly language: string;
  readonly texts: Texts;
}

/** In the loader itself: what there is before, and instead of, anything else. */
export const ENGLISH: Spoken = { language: "en", texts: en };

/** The other languages, a line each: language, file beside the frame document, integrity, which is a hash and keys. Written in when the site is built. */
const FILES = "__NIGHTSAFE_TEXTS__";

/** How long the shopper waits for a language, in milliseconds. */
const TIMEOUT = 5_000;

/** The texts for a locale, fetched when it asks for them; English for locales without any, and when they cannot be had. */
export async function textsFor(locale: string, files: string = FILES): Promise<Spoken> {
  const wanted = `${locale.split("-", 1)[0]?.toLowerCase()} `;
  const [language, file, ...pins] = files.split("\n").find((line) => line.startsWith(wanted))?.split(" ") ?? [];
  if (!language || !file || !pins[0]) return ENGLISH;
  try {
    const response = await fetch(file, { integrity: pins.join(" "), mode: "same-origin", signal: AbortSignal.timeout(TIMEOUT) });
    return { language, texts: (await response.json()) as Texts };
  } catch {
    return ENGLISH;
  }
}

/** The sentence for a field's error code; `part` is the last word of the field's name. */
export function fieldMessage(texts: Texts, part: string, code: string): string {
  const table: Partial<Record<string, string>> = texts;
  return table[`${part}.${code}`] ?? table[code] ?? texts.field;
}

/** The sentence for a failure of the whole, with its code for whoever is asked for help. */
export function sealMessage(texts: Texts, code: string): string {
  return `${code.startsWith("ingest_un") ? texts.ingest : texts.seal} (${code})`;
}
