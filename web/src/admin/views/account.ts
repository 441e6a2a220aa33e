// One's own passphrase, sessions and lock, and who else is an admin.

import { focusOn, h } from "../dom.ts";
import type { Person } from "../engine.ts";
import { backLink } from "./back.ts";
import { lockTimeSection } from "./lock-time.ts";
import type { LockTimeProps } from "./lock-time.ts";
import { PassphraseForm } from "./passphrase.ts";
import type { PassphraseProps } from "./passphrase.ts";
import { peopleSection } from "./people.ts";
import { SessionsSection } from "./sessions.ts";
import type { SessionsProps } from "./sessions.ts";
import type { View } from "./view.ts";

export interface AccountProps extends PassphraseProps, LockTimeProps, SessionsProps {
  readonly people: readonly Person[];
  readonly back: () => void;
}

export function accountView(props: AccountProps): View {
  const heading = h("h1", {}, "Account and people");
  const form = new PassphraseForm(props);
  return {
    title: "Account and people",
    element: h(
      "div",
      { class: "account-page" },
      backLink(props.back),
      heading,
      lockTimeSection(props),
      new SessionsSection(props).element,
      form.element,
      peopleSection(props.people),
    ),
    focus: () => focusOn(heading),
    hide: () => form.clear(),
  };
}
