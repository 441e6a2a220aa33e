// German. Published as a JSON file, fetched by browsers that want it.

import type { Texts } from "./texts.ts";

export const texts: Texts = {
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
