// The ways back for who has lost the passphrase, in words.

import { button, focusOn, h, uniqueId } from "../dom.ts";
import type { View } from "./view.ts";

export interface LostProps {
  readonly kit: () => void;
  readonly back: () => void;
}

export function lostView({ kit, back }: LostProps): View {
  const heading = h("h1", {}, "Lost your passphrase?");
  return {
    title: "Lost your passphrase?",
    element: h(
      "div",
      { class: "sign-in lost" },
      h(
        "section",
        { class: "card stack" },
        heading,
        h("p", { class: "lead" }, "Nobody can tell it to you or send it again: it was never anywhere but in your head. There are three ways back."),
        way(
          "Your recovery kit",
          "The printed page with a code of seven groups. It lets you choose a new passphrase, with the same keys.",
          button("Use the recovery kit", kit, { class: "primary" }),
        ),
        way(
          "Another admin",
          "On the page People, another admin presses New keys beside your name and sends you a link. You choose a passphrase and make new keys, " +
            "you compare twelve words, and everything that you could open is granted to you again.",
        ),
        way(
          "The organisation’s recovery key",
          "When no admin is left who can sign in: whoever holds the site keys signs new keys for you (nightsafe roster propose), and you open the data keys " +
            "with the recovery key file, on the page Keys.",
        ),
        h("div", { class: "row" }, button("Back to sign in", back, { class: "quiet" })),
      ),
    ),
    focus: () => focusOn(heading),
    hide: () => undefined,
  };
}

function way(title: string, text: string, ...more: readonly HTMLElement[]): HTMLElement {
  const heading = h("h2", { id: uniqueId("way") }, title);
  return h("section", { class: "way", "aria-labelledby": heading.id }, heading, h("p", {}, text), ...more);
}
