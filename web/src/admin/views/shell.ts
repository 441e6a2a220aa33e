// What stands around every view: who is signed in, the lock, the warning before it, and the live region.

import { button, fill, h } from "../dom.ts";
import { icon } from "../icons.ts";
import type { Status } from "../status.ts";

export interface ShellActions {
  readonly people: () => void;
  readonly log: () => void;
  readonly account: () => void;
  readonly keys: () => void;
  readonly lock: () => void;
  readonly signOut: () => void;
}

export class Shell {
  readonly #account = h("div", { class: "account" });
  readonly #warning = h("div", { class: "idle", hidden: true });
  readonly #warningText = h("p", { "aria-hidden": "true" });
  readonly main = h("main", { id: "main" });

  constructor(
    root: Element,
    site: string,
    private readonly status: Status,
    private readonly actions: ShellActions,
  ) {
    this.#warning.append(this.#warningText);
    fill(
      root,
      h(
        "header",
        { class: "bar" },
        h(
          "div",
          { class: "brand" },
          icon("slot"),
          h("span", { class: "name" }, "Nightsafe"),
          h("span", { class: "site" }, site),
        ),
        this.#account,
      ),
      this.#warning,
      status.element,
      this.main,
    );
  }

  signedIn(user: string): void {
    fill(
      this.#account,
      h("span", { class: "user" }, h("span", { class: "visually-hidden" }, "Signed in as "), user),
      button("People", this.actions.people, { class: "quiet" }),
      button("Log", this.actions.log, { class: "quiet" }),
      button("Account", this.actions.account, { class: "quiet" }),
      button("Keys", this.actions.keys, { class: "quiet" }),
      button("Lock", this.actions.lock),
      button("Sign out", this.actions.signOut, { class: "quiet" }),
    );
  }

  signedOut(): void {
    fill(this.#account);
    this.warn(undefined);
  }

  /** Seconds until the lock, or nothing to warn of. Read out once, not every second. */
  warn(seconds: number | undefined): void {
    if (seconds !== undefined && this.#warning.hidden) {
      this.status.say(`This page locks in ${seconds} seconds. Press any key to go on.`);
    }
    this.#warning.hidden = seconds === undefined;
    this.#warningText.textContent = `Locks in ${seconds ?? 0} s. Press any key or click to go on.`;
  }
}
