// One's own passkeys: adding one with the passphrase, which of them unlock by themselves, and removing one.

import { button, fill, focusOn, h, uniqueId } from "../dom.ts";
import { moment } from "../format.ts";
import type { OwnPasskey } from "../wire.ts";
import { form, labelled } from "./fields.ts";

export interface PasskeysProps {
  /** Whether this browser has any at this address. */
  readonly hasPasskeys: boolean;
  readonly passkeys: () => Promise<readonly OwnPasskey[]>;
  /** Whether the new one unlocks by itself; a sentence when it did not work. */
  readonly addPasskey: (name: string, passphrase: string) => Promise<boolean | string>;
  /** Resolves to a sentence when it did not work, to nothing when it did. */
  readonly removePasskey: (id: string) => Promise<string | undefined>;
  readonly failed: (error: unknown, again: () => void) => void;
  readonly say: (text: string) => void;
}

const LEAD =
  "A passkey is your fingerprint, face or PIN on a device, or a security key. Once you have one, your passphrase alone signs nobody in. " +
  "Many of them also sign you in without the passphrase. Add two, or make a recovery kit first: they are the ways back when a device is lost.";

const NONE_HERE = "This browser has no passkeys at this address. They need a host name, not an address of numbers, and a browser of the last years.";

export class PasskeysSection {
  readonly #title = h("h2", { id: uniqueId("passkeys") }, "Passkeys");
  readonly #list = h("ul", { "aria-busy": "true" });
  readonly #error = h("div", { role: "alert" });
  readonly #name = h("input", { id: uniqueId("passkey-name"), name: "passkey-name", autocomplete: "off", maxlength: 40, required: true });
  readonly #passphrase = h("input", {
    id: uniqueId("passkey-passphrase"),
    name: "passkey-passphrase",
    type: "password",
    autocomplete: "current-password",
    maxlength: 1024,
    required: true,
  });
  readonly #submit = h("button", { type: "submit", class: "primary" }, "Add a passkey");
  readonly #progress = h("p", { class: "progress", role: "status" });
  readonly #form = form(
    () => void this.add(),
    labelled("What do you call it? For example: Laptop", this.#name),
    labelled("Your passphrase", this.#passphrase),
    h("div", { class: "row" }, this.#submit, this.#progress),
  );
  readonly element: HTMLElement;

  constructor(private readonly props: PasskeysProps) {
    this.element = h(
      "section",
      { class: "card sessions passkeys", "aria-labelledby": this.#title.id },
      this.#title,
      h("p", { class: "lead" }, LEAD),
      this.#list,
      this.#error,
      props.hasPasskeys ? this.#form : h("p", { class: "note" }, NONE_HERE),
    );
    void this.load();
  }

  /** No passphrase stays on the page. */
  clear(): void {
    this.#passphrase.value = "";
  }

  private async load(): Promise<void> {
    try {
      const passkeys = await this.props.passkeys();
      fill(this.#list, ...passkeys.map((passkey) => this.item(passkey)));
      this.#list.removeAttribute("aria-busy");
      this.#list.hidden = passkeys.length === 0;
    } catch (error) {
      this.props.failed(error, () => void this.load());
    }
  }

  private item({ id, name, made, last_used, unlocks }: OwnPasskey): HTMLElement {
    const can = unlocks ? "Signs you in without the passphrase" : "Is asked for after the passphrase; it does not unlock by itself";
    const used = last_used === undefined ? "not used yet" : `last used ${moment(last_used)}`;
    return h(
      "li",
      {},
      h("div", {}, h("p", {}, name, h("span", { class: "hint" }, `, since ${moment(made)}`)), h("p", { class: "hint" }, `${can}; ${used}`)),
      button("Remove", () => void this.remove(id), { "aria-label": `Remove the passkey ${name}` }),
    );
  }

  private async add(): Promise<void> {
    if (this.#form.getAttribute("aria-busy") === "true") return;
    const name = this.#name.value.trim().replaceAll(/\s+/g, " ");
    const passphrase = this.#passphrase.value;
    if (name === "" || passphrase === "") {
      this.refuse("Type a name for the passkey, and your passphrase.");
      return (name === "" ? this.#name : this.#passphrase).focus();
    }
    this.clear();
    this.busy(true);
    const added = await this.props.addPasskey(name, passphrase);
    this.busy(false);
    if (typeof added === "string") {
      this.refuse(added);
      return this.#passphrase.focus();
    }
    this.#name.value = "";
    this.refuse(undefined);
    await this.load();
    this.props.say(added ? `${name} is added. It signs you in without the passphrase.` : `${name} is added. It is asked for after the passphrase.`);
    focusOn(this.#title);
  }

  private async remove(id: string): Promise<void> {
    const failed = await this.props.removePasskey(id);
    this.refuse(failed);
    if (failed !== undefined) return;
    await this.load();
    this.props.say("Removed. What is left of it on the device is good for nothing: delete it there, too.");
    // The button is gone with its row
    focusOn(this.#title);
  }

  private busy(yes: boolean): void {
    this.#form.setAttribute("aria-busy", String(yes));
    this.#submit.setAttribute("aria-disabled", String(yes)); // not disabled: that would lose the focus
    for (const input of [this.#name, this.#passphrase]) input.readOnly = yes;
    this.#progress.textContent = yes ? "Follow your browser. Some passkeys ask twice…" : "";
  }

  private refuse(sentence: string | undefined): void {
    fill(this.#error, sentence === undefined ? undefined : h("p", { class: "error" }, sentence));
  }
}
