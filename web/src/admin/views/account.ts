// One's own passphrase.

import { focusOn, h } from "../dom.ts";
import { backLink } from "./back.ts";
import { PassphraseForm } from "./passphrase.ts";
import type { PassphraseProps } from "./passphrase.ts";
import type { View } from "./view.ts";

export interface AccountProps extends PassphraseProps {
  readonly back: () => void;
}

export function accountView(props: AccountProps): View {
  const heading = h("h1", {}, "Account");
  const form = new PassphraseForm(props);
  return {
    title: "Account",
    element: h("div", { class: "account-page" }, backLink(props.back), heading, form.element),
    focus: () => focusOn(heading),
    hide: () => form.clear(),
  };
}
