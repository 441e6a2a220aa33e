// The recovery kit: one page to be printed, with a code that unlocks one's own keys. It is kept once two of its groups were
// typed back, and never stored in this browser.

import { button, fill, focusOn, h, uniqueId } from "../dom.ts";
import { day, moment } from "../format.ts";
import { form, labelled } from "./fields.ts";
import { qrCode } from "./qr-code.ts";

export interface KitProps {
  readonly user: string;
  readonly site: string;
  /** Where the page is used, and what keeps the kit. */
  readonly addresses: { readonly admin: string; readonly vault: string };
  /** RFC 3339; nothing when there is no kit. */
  readonly kit: () => Promise<string | undefined>;
  /** Gives the code, and its QR code row by row; a sentence when it did not work. */
  readonly makeKit: (passphrase: string) => Promise<NewKit | string>;
  readonly isKitGroup: (number: number, typed: string) => boolean;
  /** Both resolve to a sentence when it did not work, to nothing when it did. */
  readonly keepKit: () => Promise<string | undefined>;
  readonly dropKit: () => Promise<string | undefined>;
  readonly forgetKit: () => void;
  readonly failed: (error: unknown, again: () => void) => void;
  readonly say: (text: string) => void;
}

export interface NewKit {
  readonly code: string;
  readonly qr: readonly string[];
}

const LEAD =
  "If you forget your passphrase, the code on this page lets you choose a new one. It is good once, and it opens all that you can open: " +
  "print it, and keep it where nobody else gets at it, away from this computer.";

const GONE = "The code was taken off this page, and the kit was not kept. Throw away what was printed, and begin again.";

export class KitSection {
  readonly #title = h("h2", { id: uniqueId("kit") }, "Recovery kit");
  readonly #body = h("div", { class: "stack" });
  readonly element = h("section", { class: "card kit", "aria-labelledby": this.#title.id }, this.#title, this.#body);
  /** A code is on the page. */
  #shown = false;
  /** One is made. */
  #busy = false;
  #passphrase: HTMLInputElement | undefined;
  /** Tells a kit that is awaited from one that nobody waits for any more. */
  #turn = 0;

  constructor(private readonly props: KitProps) {
    void this.load();
  }

  /** Nothing of a code or a passphrase stays on the page. */
  clear(): void {
    this.props.forgetKit();
    if (this.#passphrase !== undefined) this.#passphrase.value = "";
    if (!this.#shown && !this.#busy) return;
    this.#turn += 1;
    fill(this.#body);
    const note = this.#shown ? GONE : undefined;
    this.#shown = this.#busy = false;
    // Only where the page stays: another view has taken this one's place by then
    queueMicrotask(() => this.element.isConnected && void this.load(note));
  }

  private async load(note?: string): Promise<void> {
    const turn = ++this.#turn;
    try {
      const made = await this.props.kit();
      if (turn === this.#turn) this.start(made, note);
    } catch (error) {
      if (turn === this.#turn) this.props.failed(error, () => void this.load(note));
    }
  }

  private start(made: string | undefined, note: string | undefined): void {
    const passphrase = h("input", {
      id: uniqueId("kit-passphrase"),
      name: "kit-passphrase",
      type: "password",
      autocomplete: "current-password",
      maxlength: 1024,
      required: true,
    });
    this.#passphrase = passphrase;
    const error = h("div", { role: "alert" });
    const progress = h("p", { class: "progress", role: "status" });
    const submit = h("button", { type: "submit", class: "primary" }, made === undefined ? "Make a recovery kit" : "Make a new recovery kit");
    const drop = made === undefined ? undefined : button("Drop the kit", () => void this.drop(error));
    const sent = form(() => void run(), labelled("Your passphrase", passphrase), error, h("div", { class: "row" }, submit, drop, progress));

    const run = async (): Promise<void> => {
      if (sent.getAttribute("aria-busy") === "true") return;
      const typed = passphrase.value;
      if (typed === "") return this.refuse(error, "Type the passphrase that you signed in with.", passphrase);
      passphrase.value = "";
      fill(error);
      busy(true);
      const turn = ++this.#turn;
      const kit = await this.props.makeKit(typed);
      if (turn !== this.#turn) return this.props.forgetKit(); // gone elsewhere, or locked
      busy(false);
      if (typeof kit === "string") return this.refuse(error, kit, passphrase);
      this.show(kit);
    };
    const busy = (yes: boolean): void => {
      this.#busy = yes;
      sent.setAttribute("aria-busy", String(yes));
      submit.setAttribute("aria-disabled", String(yes)); // not disabled: that would lose the focus
      passphrase.readOnly = yes;
      progress.textContent = yes ? "Making the code. This takes a moment, on purpose…" : "";
    };

    fill(
      this.#body,
      h("p", { class: "lead" }, LEAD),
      note === undefined ? undefined : h("p", { class: "note" }, note),
      h("p", { class: "made" }, made === undefined ? "You have no kit." : `You have a kit, made ${moment(made)}. A new one takes its place.`),
      sent,
    );
  }

  /** The page to print, and the question for two groups of it. */
  private show({ code, qr }: NewKit): void {
    this.#shown = true;
    this.#passphrase = undefined;
    const groups = code.split("-");
    const asked = two(groups.length);
    const inputs = asked.map((number) =>
      h("input", {
        id: uniqueId("group"),
        name: `group-${number}`,
        class: "group",
        autocomplete: "off",
        autocapitalize: "characters",
        spellcheck: "false",
        maxlength: 20,
        "data-group": number,
      }),
    );
    const error = h("div", { role: "alert" });
    const title = h("h3", { id: uniqueId("kit-page") }, "Print this page now");
    const keep = form(
      () => void run(),
      h("p", {}, "Then type these two groups from the printed page. The kit is kept when both are right."),
      ...inputs.map((input, place) => labelled(`Group ${asked[place] ?? 0}`, input)),
      error,
      h("div", { class: "row" }, h("button", { type: "submit", class: "primary" }, "Keep the kit"), button("Cancel", () => this.cancel())),
    );
    const run = async (): Promise<void> => {
      const wrong = inputs.findIndex((input, place) => !this.props.isKitGroup(asked[place] ?? 0, input.value));
      if (wrong >= 0) {
        const said = `Group ${asked[wrong] ?? 0} is not as it was printed. Compare its five characters with the page.`;
        return this.refuse(error, said, inputs[wrong]);
      }
      const turn = this.#turn;
      const failed = await this.props.keepKit();
      if (turn !== this.#turn) return;
      if (failed !== undefined) return this.refuse(error, failed, inputs[0]);
      this.#shown = false;
      fill(this.#body);
      this.props.say("The kit is kept. Its code is not on this page any more.");
      await this.load();
      focusOn(this.#title);
    };
    fill(
      this.#body,
      title,
      h("p", { class: "lead" }, "When you leave this page, the code is gone from it. Nobody can show it to you again."),
      this.page(groups, qr),
      h("div", { class: "row" }, button("Print", () => print(), { class: "primary" })),
      keep,
    );
    focusOn(title);
  }

  private page(groups: readonly string[], qr: readonly string[]): HTMLElement {
    const { user, site, addresses } = this.props;
    const facts = [
      ["Site", site],
      ["Name", user],
      ["Admin site", addresses.admin],
      ["Vault", addresses.vault],
      ["Made on", day(new Date().toISOString().slice(0, 10))],
    ];
    return h(
      "article",
      { class: "kit-page", "aria-label": "The page to print" },
      h("p", { class: "kit-title" }, "Nightsafe recovery kit"),
      h("dl", {}, ...facts.flatMap(([name = "", value = ""]) => [h("dt", {}, name), h("dd", {}, value)])),
      h("div", { class: "kit-code" }, h("ol", {}, ...groups.map((group) => h("li", {}, group))), qrCode(qr, "The code, to be read by a camera")),
      h(
        "p",
        {},
        "When the passphrase is lost: open the admin site, press “Lost your passphrase?”, and type name and code. " +
          "The code is good once. Whoever has this page can choose a new passphrase for this name: keep it like a key.",
      ),
    );
  }

  private cancel(): void {
    this.props.forgetKit();
    this.#shown = false;
    fill(this.#body);
    void this.load("The kit was not kept. Throw away what was printed.").then(() => focusOn(this.#title));
  }

  private async drop(error: HTMLElement): Promise<void> {
    const failed = await this.props.dropKit();
    if (failed !== undefined) return this.refuse(error, failed, undefined);
    this.props.say("The kit is dropped. What was printed is good for nothing any more.");
    await this.load();
    focusOn(this.#title);
  }

  private refuse(error: HTMLElement, sentence: string, at: HTMLElement | undefined): void {
    fill(error, h("p", { class: "error" }, sentence));
    at?.focus();
  }
}

/** Two different groups, ascending, that nobody can know before. */
function two(groups: number): readonly number[] {
  const [one = 0, more = 0] = crypto.getRandomValues(new Uint32Array(2));
  const first = one % groups;
  const second = (first + 1 + (more % (groups - 1))) % groups;
  return [first + 1, second + 1].sort((a, b) => a - b);
}
