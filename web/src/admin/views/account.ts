// One's own passphrase, recovery kit, sessions and lock.

import { focusOn, h } from "../dom.ts";
import { backLink } from "./back.ts";
import { KitSection } from "./kit.ts";
import type { KitProps } from "./kit.ts";
import { lockTimeSection } from "./lock-time.ts";
import type { LockTimeProps } from "./lock-time.ts";
import { PassphraseForm } from "./passphrase.ts";
import type { PassphraseProps } from "./passphrase.ts";
import { SessionsSection } from "./sessions.ts";
import type { SessionsProps } from "./sessions.ts";
import type { View } from "./view.ts";

export interface AccountProps extends PassphraseProps, KitProps, LockTimeProps, SessionsProps {
  readonly back: () => void;
}

export function accountView(props: AccountProps): View {
  const heading = h("h1", {}, "Account");
  const form = new PassphraseForm(props);
  const kit = new KitSection(props);
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
      kit.element,
    ),
    focus: () => focusOn(heading),
    hide() {
      form.clear();
      kit.clear();
    },
  };
}
