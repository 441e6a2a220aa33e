// Inviting somebody: a link that is shown once.

import { button, fill, h, uniqueId } from "../dom.ts";
import { form, labelled, RolesField } from "./fields.ts";
import type { PeopleActions } from "./people.ts";
import { WRONG_ROLES } from "./person.ts";

export class InviteForm {
  readonly #name = h("input", {
    id: uniqueId("name"),
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    maxlength: 64,
    required: true,
  });
  readonly #roles = new RolesField(["admin"]);
  readonly #error = h("div", { role: "alert" });
  readonly #made = h("div", { class: "invitation", role: "status" });
  readonly element: HTMLElement;

  constructor(private readonly actions: PeopleActions) {
    const hint = h("p", { id: uniqueId("hint"), class: "hint" }, "The name to sign in with, and on this list.");
    this.#name.setAttribute("aria-describedby", hint.id);
    const title = h("h2", { id: uniqueId("invite") }, "Invite somebody");
    const submit = h("button", { type: "submit", class: "primary" }, "Make an invitation");
    this.element = h(
      "section",
      { class: "card people", "aria-labelledby": title.id },
      title,
      h("p", { class: "lead" }, "You get a link to send. Whoever opens it chooses a passphrase, and waits for you here."),
      form(() => this.send(), labelled("Name", this.#name, hint), this.#roles.element, this.#error, h("div", { class: "row" }, submit)),
      this.#made,
    );
  }

  /** The same for somebody of the list who makes new keys. */
  async renew(name: string, roles: readonly string[]): Promise<void> {
    await this.invite(name, roles);
  }

  private send(): void {
    const [name, roles] = [this.#name.value.trim(), this.#roles.read()];
    if (name === "") return this.wrong("Type a name.", () => this.#name.focus());
    if (roles === undefined) return this.wrong(WRONG_ROLES, () => this.#roles.focus());
    this.wrong(undefined, () => undefined);
    void this.invite(name, roles);
  }

  private async invite(name: string, roles: readonly string[]): Promise<void> {
    fill(this.#made);
    const link = await this.actions.invite(name, roles);
    if (link === undefined) return;
    this.#name.value = "";
    this.show(name, link);
  }

  private show(name: string, link: string): void {
    const text = h("input", { id: uniqueId("link"), readonly: true, value: link });
    const copied = h("span", { class: "progress", role: "status" });
    const copy = button("Copy the link", () => {
      text.select();
      void this.actions.copy(link).then((done) => (copied.textContent = done ? "Copied." : "Press Ctrl+C to copy it."));
    });
    fill(
      this.#made,
      h("h3", {}, `The invitation of ${name}`),
      labelled(`Send this link to ${name}, and to nobody else`, text),
      h("div", { class: "row" }, copy, copied),
      h(
        "p",
        { class: "hint" },
        `It is shown this once, and is good once, for three days. When ${name} has used it, press “Look again” and compare the words.`,
      ),
    );
    text.focus();
    text.select();
  }

  private wrong(sentence: string | undefined, focus: () => void): void {
    fill(this.#error, sentence === undefined ? undefined : h("p", { class: "error" }, sentence));
    focus();
  }
}
