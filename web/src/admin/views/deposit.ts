// One deposit: what is readable, whether it is what was sent, and opening chosen fields for a stated purpose.

import type { Clipboard } from "../clipboard.ts";
import type { Clock } from "../countdown.ts";
import { merged } from "../differences.ts";
import { fill, focusOn, h } from "../dom.ts";
import type { Difference, OpenedDeposit, OpenedLocator } from "../engine.ts";
import { card, counted, day } from "../format.ts";
import type { Session } from "../session.ts";
import type { IndexRow, PastOpening } from "../wire.ts";
import { fieldTitle } from "../words.ts";
import { backLink } from "./back.ts";
import { ClipboardNote } from "./clipboard-note.ts";
import { ChooseForm } from "./choose.ts";
import type { Choice } from "./choose.ts";
import { factsPanel, historyPanel } from "./facts.ts";
import { IntegrityPanel } from "./integrity.ts";
import type { Checked } from "./integrity.ts";
import { Revealed } from "./revealed.ts";
import type { View } from "./view.ts";

export interface DepositProps {
  readonly row: IndexRow;
  /** What its sealed locator says. */
  readonly locator: OpenedLocator;
  readonly session: Session;
  readonly clock: Clock;
  readonly clipboard: Clipboard;
  readonly languages: readonly string[];
  readonly say: (text: string) => void;
  readonly fail: (error: unknown, again: () => void) => void;
  /** The vault answered: what was said about a failure is over. */
  readonly worked: () => void;
  readonly back: () => void;
}

export class DepositView implements View {
  readonly title = "Deposit";
  readonly #heading: HTMLElement;
  readonly #locator: OpenedLocator;
  readonly #integrity = new IntegrityPanel();
  readonly #form: ChooseForm;
  readonly #revealedPlace = h("div", { class: "stack" });
  readonly #clipboardNote: ClipboardNote;
  readonly #history = h("div");
  readonly #revealed = new Set<Revealed>();
  readonly element: HTMLElement;
  #differences: readonly Difference[];
  #openings: readonly PastOpening[];
  #gone = false;

  constructor(private readonly props: DepositProps) {
    const { row, locator, languages } = props;
    this.#heading = h("h1", {}, row.reference);
    this.#clipboardNote = new ClipboardNote(props.clipboard);
    this.#locator = locator;
    this.#differences = this.#locator.differences;
    this.#form = new ChooseForm(this.#locator.fields, languages, (choice) => void this.open(choice));
    this.#openings = row.openings;
    this.showHistory();
    this.element = this.layout();
    void this.check();
  }

  focus(): void {
    focusOn(this.#heading);
  }

  /** Takes every opened value off the page. */
  hide(): void {
    for (const revealed of [...this.#revealed]) revealed.hide();
  }

  /** Looks at the clock, when the page comes to the front again. */
  wake(): void {
    for (const revealed of [...this.#revealed]) revealed.check();
  }

  /** The view is left for good. */
  close(): void {
    this.#gone = true;
    this.hide();
    this.props.session.forget(this.props.row.deposit_id);
  }

  private async check(): Promise<void> {
    this.showChecked({ state: "asking" });
    try {
      const found = await this.props.session.check(this.props.row.deposit_id, this.#locator.fields);
      if (this.#gone) return;
      this.props.worked();
      this.learned(found);
      this.props.say(this.#integrity.spoken(this.#differences));
    } catch (error) {
      if (this.#gone) return;
      const again = (): void => void this.check();
      this.showChecked({ state: "unknown", again });
      this.props.fail(error, again);
    }
  }

  private async open(choice: Choice): Promise<void> {
    const { session, row } = this.props;
    this.#form.busy(true);
    try {
      const opened = await session.open(row.deposit_id, choice.purpose, choice.fields, this.#locator.fields);
      if (this.#gone) return;
      this.props.worked();
      this.learned(opened.differences);
      this.reveal(opened);
      this.addToHistory(opened, choice.purpose);
    } catch (error) {
      if (!this.#gone) this.props.fail(error, () => void this.open(choice));
    } finally {
      this.#form.busy(false);
    }
  }

  private reveal({ fields }: OpenedDeposit): void {
    this.#form.reset();
    const { clock, clipboard, say } = this.props;
    if (fields.length === 0) return say("None of the chosen fields could be opened. See what was found above.");
    // Never on a page that nobody looks at
    if (document.visibilityState === "hidden") return say("The fields were opened in the background, and are hidden.");
    const titled = fields.map((field) => ({ title: this.titleOf(field.kind, field.index), field }));
    const revealed = new Revealed({
      fields: titled,
      clock,
      clipboard,
      say,
      hidden: (byItself) => this.hidden(revealed, byItself),
    });
    this.#revealed.add(revealed);
    this.#clipboardNote.empty();
    this.#revealedPlace.append(revealed.element);
    revealed.focus();
    say(`${counted(fields.length, "field")} opened.`);
  }

  private hidden(revealed: Revealed, byItself: boolean): void {
    this.#revealed.delete(revealed);
    this.props.say(byItself ? "Time is up: the opened values are hidden again." : "The opened values are hidden.");
    // The focus was inside what went away
    if (document.activeElement === document.body && !this.#gone) this.#form.focus();
    void this.#clipboardNote.clear();
  }

  private learned(found: readonly Difference[]): void {
    this.#differences = merged(this.#differences, found);
    this.showChecked({ state: "known" });
  }

  private showChecked(checked: Checked): void {
    this.#integrity.show(checked, this.#differences, this.#locator.fields);
    this.#form.mark(this.#differences);
  }

  /** As the vault recorded it just now; it is asked again when the deposit is found again. */
  private addToHistory({ fields }: OpenedDeposit, purpose: string): void {
    const at = new Date().toISOString();
    this.#openings = [...this.#openings, ...fields.map(({ kind, index }) => ({ kind, index, purpose, at }))];
    this.showHistory();
  }

  private showHistory(): void {
    fill(this.#history, historyPanel(this.#openings, this.#locator.fields, this.props.languages));
  }

  private titleOf(kind: string, index: number): string {
    const labels = this.#locator.fields.find((field) => field.kind === kind)?.labels;
    return fieldTitle(kind, index, labels, this.props.languages);
  }

  private layout(): HTMLElement {
    const { row, back } = this.props;
    const link = backLink(back);
    const about = [`Received ${day(row.day)}`, card(row.facets)].filter((part) => part !== undefined).join(" · ");
    const sealed = h(
      "section",
      { class: "card sealed", "aria-labelledby": "sealed-title" },
      h("h2", { id: "sealed-title" }, "Sealed fields"),
      this.#locator.fields.length === 0
        ? h("p", { class: "hint" }, "Without the sealed list there is nothing that can be opened.")
        : this.#form.element,
    );
    const opened = h("div", { class: "opened" }, this.#revealedPlace, this.#clipboardNote.element);
    const left = h("div", { class: "stack" }, this.#integrity.element, opened, sealed);
    const right = h("div", { class: "stack" }, factsPanel(row), this.#history);
    return h(
      "div",
      { class: "deposit" },
      link,
      h("div", { class: "title" }, this.#heading, h("p", { class: "lead" }, about)),
      h("div", { class: "columns" }, left, right),
    );
  }
}
