// What the shopper reads when the frame itself cannot speak.

export interface Texts {
  readonly title: string;
  readonly again: string;
  readonly sealing: string;
  readonly unreachable: string;
  readonly silent: string;
  readonly refused: string;
}

const en: Texts = {
  title: "Secure card fields",
  again: "Try again",
  sealing: "Encrypting your data …",
  unreachable: "The secure fields could not be loaded. Please check your connection and try again.",
  silent: "The secure fields did not start. Please try again, or use another browser.",
  refused: "The secure fields did not pass their safety check. Nothing you typed was sent. Please try again later, or tell the shop.",
};

const de: Texts = {
  title: "Sichere Kartenfelder",
  again: "Noch einmal versuchen",
  sealing: "Ihre Daten werden verschlüsselt …",
  unreachable: "Die sicheren Felder konnten nicht geladen werden. Bitte prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.",
  silent: "Die sicheren Felder sind nicht gestartet. Bitte versuchen Sie es noch einmal oder nehmen Sie einen anderen Browser.",
  refused: "Die sicheren Felder haben ihre Sicherheitsprüfung nicht bestanden. Von Ihren Eingaben wurde nichts gesendet. Bitte versuchen Sie es später noch einmal oder melden Sie es dem Shop.",
};

/** German for German locales, English for all others. */
export function textsOf(locale: string): Texts {
  return /^de\b/i.test(locale) ? de : en;
}

/** A sentence for a load failure, with its code for whoever is asked for help. */
export function loadMessage(texts: Texts, code: string): string {
  const sentence = code === "frame_silent" ? texts.silent : /_unreachable$|_timeout$/.test(code) ? texts.unreachable : texts.refused;
  return `${sentence} (${code})`;
}
