// What the frame should look like: taken from the page around the element.

import { THEME, type Settings, type Theme } from "../shared/protocol.ts";

/** The settings of an element, from its attributes and its computed style. */
export function settingsOf(element: HTMLElement, disabled: boolean): Settings {
  const style = getComputedStyle(element);
  const theme: Theme = {};
  for (const name of THEME) {
    const value = style.getPropertyValue(`--nightsafe-${name}`).trim();
    if (value !== "") theme[name] = value;
  }
  // Labels stand on the shop's own background
  theme.color ??= style.color;
  theme.font ??= style.fontFamily;
  return {
    fields: element.getAttribute("fields") === "none" ? "none" : "card",
    locale: localeOf(element),
    rtl: style.direction === "rtl",
    scheme: style.colorScheme === "normal" ? "light" : style.colorScheme,
    theme,
    disabled,
  };
}

/** `locale`, or the language of the page at this place. */
export function localeOf(element: HTMLElement): string {
  return element.getAttribute("locale") ?? element.closest<HTMLElement>("[lang]")?.lang ?? document.documentElement.lang;
}
