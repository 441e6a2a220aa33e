// Between a reload and what was on screen before; and when the vault does not answer meanwhile.

import { button, focusOn, h } from "../dom.ts";
import type { View } from "./view.ts";

export interface ResumingProps {
  readonly site: string;
  readonly failed?: {
    readonly sentence: string;
    readonly again: () => void;
    /** Gives the session up. */
    readonly passphrase: () => void;
  };
}

export function resumingView({ site, failed }: ResumingProps): View {
  const title = failed === undefined ? "One moment" : "Not unlocked yet";
  const heading = h("h1", {}, title);
  const content =
    failed === undefined
      ? [h("p", { class: "progress", role: "status" }, "Unlocking the keys of this tab again…")]
      : [
          h("div", { role: "alert" }, h("p", { class: "error" }, failed.sentence)),
          h(
            "div",
            { class: "row" },
            button("Try again", failed.again, { class: "primary" }),
            button("Sign in with the passphrase", failed.passphrase),
          ),
        ];
  return {
    title,
    element: h(
      "div",
      { class: "sign-in" },
      h("section", { class: "card" }, heading, h("p", { class: "lead" }, "Deposits of ", h("strong", {}, site)), ...content),
    ),
    focus: () => focusOn(heading),
    hide: () => undefined,
  };
}
