// Where this admin is signed in, and ending it there.

import { button, fill, focusOn, h, uniqueId } from "../dom.ts";
import { moment } from "../format.ts";
import type { OwnSession } from "../wire.ts";

export interface SessionsProps {
  readonly sessions: () => Promise<readonly OwnSession[]>;
  /** Both resolve to a sentence when it did not work, to nothing when it did. */
  readonly endSession: (id: string) => Promise<string | undefined>;
  readonly endOthers: () => Promise<string | undefined>;
  readonly failed: (error: unknown, again: () => void) => void;
  readonly say: (text: string) => void;
}

export class SessionsSection {
  readonly #title = h("h2", { id: uniqueId("sessions") }, "Where you are signed in");
  readonly #list = h("ul", { "aria-busy": "true" });
  readonly #error = h("div", { role: "alert" });
  readonly #others = button("Sign out everywhere else", () => void this.end(() => this.props.endOthers()));
  readonly element = h(
    "section",
    { class: "card sessions", "aria-labelledby": this.#title.id },
    this.#title,
    h("p", { class: "lead" }, "Each tab that you signed in with. One that you do not know: sign it out, then change your passphrase."),
    this.#list,
    this.#error,
    h("div", { class: "row" }, this.#others),
  );

  constructor(private readonly props: SessionsProps) {
    this.#others.hidden = true;
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      this.show(await this.props.sessions());
    } catch (error) {
      this.props.failed(error, () => void this.load());
    }
  }

  private show(sessions: readonly OwnSession[]): void {
    fill(this.#list, ...sessions.map((session) => this.item(session)));
    this.#list.removeAttribute("aria-busy");
    this.#others.hidden = !sessions.some(({ own }) => !own);
  }

  private item({ id, started, last_used, own }: OwnSession): HTMLElement {
    const text = h("p", {}, own ? "This tab" : "Another tab", h("span", { class: "hint" }, `, since ${moment(started)}`));
    const used = h("p", { class: "hint" }, own ? "Used now" : `Last used ${moment(last_used)}`);
    const out = own
      ? undefined
      : button("Sign out there", () => void this.end(() => this.props.endSession(id)), {
          "aria-label": `Sign out there: the tab of ${moment(started)}`,
        });
    return h("li", {}, h("div", {}, text, used), out);
  }

  private async end(ask: () => Promise<string | undefined>): Promise<void> {
    const failed = await ask();
    fill(this.#error, failed === undefined ? undefined : h("p", { class: "error" }, failed));
    if (failed !== undefined) return;
    await this.load();
    this.props.say("Signed out there.");
    // The button is gone with its row
    focusOn(this.#title);
  }
}
