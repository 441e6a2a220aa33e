// The look that the shop asks for. A closed list of properties, each held to plain colours, lengths
// and font names: nothing that could fetch, or read anything else.

import { THEME, type Settings } from "../shared/protocol.ts";

const PLAIN = /^[\w\s#%.,()'"/+-]{1,200}$/;
const REACHING = /url|var|attr|env|image|element|expression/i;

/** The value when it is harmless, else an empty text, which keeps the frame's own. */
export function plainValue(value: unknown): string {
  return typeof value === "string" && PLAIN.test(value) && !REACHING.test(value) ? value.trim() : "";
}

/** `color-scheme` of the frame. A page that says nothing is a light page, also at night. */
export function schemeOf(value: string): string {
  const words = value.split(" ").filter((word) => word === "light" || word === "dark");
  return words.join(" ") || "light";
}

/** Puts the settings on the root element. */
export function dress(root: HTMLElement, settings: Settings, language: string): void {
  root.lang = language;
  root.dir = settings.rtl ? "rtl" : "ltr";
  root.style.colorScheme = schemeOf(settings.scheme);
  for (const name of THEME) root.style.setProperty(`--${name}`, plainValue(settings.theme[name]));
}
