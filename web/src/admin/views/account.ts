// One's own passphrase, sessions and lock.

import { focusOn, h } from "../dom.ts";
import { backLink } from "./back.ts";
import { lockTimeSection } from "./lock-time.ts";
import type { LockTimeProps } from "./lock-time.ts";
import { PassphraseForm } from "./passphrase.ts";
import type { PassphraseProps } from "./passphrase.ts";
import { SessionsSection } from "./sessions.ts";
import type { SessionsProps } from "./sessions.ts";
import type { View } from "./view.ts";

export interface AccountProps extends PassphraseProps, LockTimeProps, SessionsProps {
  readonly back: () => void;
}

export function accountView(props: AccountProps): View {
  const heading = h("h1", {}, "Account");
  const form = new PassphraseForm(props);
  return {
    title: "Account",
    element: h(
      "div",
      { class: "account-page" },
      backLink(props.back),
      heading,
      lockTimeSection(props),
      new SessionsSection(props).element,
      form.element,
    ),
    focus: () => focusOn(heading),
    hide: () => form.clear(),
  };
}
