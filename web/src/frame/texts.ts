// What the shopper reads in the frame.

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

const de: Texts = {
  title: "Kartendaten",
  number: "Kartennummer",
  expiry: "Gültig bis",
  holder: "Name auf der Karte",
  optional: "optional",
  month_year: "MM / JJ",
  sealed: "Ihre Karte ist verschlüsselt gespeichert. Für eine andere Karte geben Sie diese hier ein.",

  required: "Bitte füllen Sie dieses Feld aus.",
  "number.required": "Bitte geben Sie Ihre Kartennummer ein.",
  "expiry.required": "Bitte geben Sie ein, bis wann die Karte gültig ist.",
  "holder.required": "Bitte geben Sie den Namen auf der Karte ein.",
  incomplete: "Diese Angabe ist noch nicht vollständig.",
  "number.incomplete": "Der Kartennummer fehlen noch Ziffern.",
  "expiry.incomplete": "Bitte geben Sie Monat und Jahr ein, zum Beispiel 08 / 29.",
  invalid_number: "Diese Kartennummer stimmt nicht. Bitte prüfen Sie die Ziffern.",
  unsupported_brand: "Diese Kartenart nehmen wir nicht an.",
  expired: "Diese Karte ist abgelaufen.",
  invalid_expiry: "Bitte geben Sie Monat und Jahr ein, zum Beispiel 08 / 29.",
  invalid_iban: "Diese IBAN stimmt nicht. Bitte prüfen Sie sie.",
  invalid_account_number: "Diese Kontonummer stimmt nicht. Bitte prüfen Sie sie.",
  invalid_routing_number: "Diese Bankleitzahl stimmt nicht. Bitte prüfen Sie sie.",
  invalid_ssn: "Diese Sozialversicherungsnummer stimmt nicht. Bitte prüfen Sie sie.",
  invalid_phone: "Bitte geben Sie eine Telefonnummer mit Vorwahl ein.",
  invalid_email: "Bitte geben Sie eine E-Mail-Adresse ein, zum Beispiel name@example.com.",
  invalid_postal_code: "Diese Postleitzahl passt nicht zum Land.",
  invalid_country: "Bitte wählen Sie ein Land.",
  too_long: "Diese Angabe ist zu lang.",
  unsupported_characters: "Bitte entfernen Sie Zeichen, die nicht hierher gehören.",
  field: "Bitte prüfen Sie diese Angabe.",

  ingest: "Der Server, der Ihre Daten speichert, ist gerade nicht erreichbar. Es ist nichts verloren: Bitte versuchen Sie es gleich noch einmal.",
  seal: "Ihre Daten konnten nicht verschlüsselt gespeichert werden, es wurde nichts gesendet. Bitte versuchen Sie es noch einmal oder melden Sie es dem Shop.",
};

export type Language = "en" | "de";

/** German for German locales, English for all others. */
export function languageOf(locale: string): Language {
  return /^de\b/i.test(locale) ? "de" : "en";
}

export function textsOf(language: Language): Texts {
  return language === "de" ? de : en;
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
