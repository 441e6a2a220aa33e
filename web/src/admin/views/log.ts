// The audit log: who did what, to which deposit, what for. Verified in this browser, newest first.

import { button, fill, focusOn, h, on } from "../dom.ts";
import type { Log, Person } from "../engine.ts";
import { counted, moment } from "../format.ts";
import { icon } from "../icons.ts";
import { older } from "../log-pages.ts";
import type { Logged, Page } from "../log-pages.ts";
import { ACTION_WORDS, what, who } from "../log-words.ts";
import { purposeTitle } from "../words.ts";
import { backLink } from "./back.ts";
import type { View } from "./view.ts";

const COLUMNS = ["When", "Who", "What", "Deposit", "What for"] as const;

export interface LogProps {
  /** Whether there is a log, and whether this admin can read it. */
  readonly logs: boolean;
  readonly reads: boolean;
  readonly people: readonly Person[];
  readonly read: (first: number, count: number) => Promise<Log>;
  /** Shows a failure; the view keeps what is on screen. */
  readonly fail: (error: unknown, again: () => void) => void;
  readonly worked: () => void;
  readonly say: (text: string) => void;
  readonly back: () => void;
}

export class LogView implements View {
  readonly title = "Audit log";
  readonly #heading = h("h1", {}, "Audit log");
  readonly #person = h("select", { id: "log-person" }, h("option", { value: "" }, "Everybody"));
  readonly #action = h("select", { id: "log-action" }, h("option", { value: "" }, "Everything"));
  readonly #count = h("h2", { id: "log-count", class: "count" }, "Entries");
  readonly #rows = h("tbody", { role: "rowgroup" });
  readonly #place = h("div", { class: "results" });
  readonly #more = h("div", { class: "pager" });
  readonly element: HTMLElement;
  #size = 0;
  /** Tells answers that came too late from the one that is awaited. */
  #asked = 0;

  constructor(private readonly props: LogProps) {
    this.#person.append(...props.people.map(({ identity, name }) => h("option", { value: identity }, name)));
    this.#action.append(...Object.entries(ACTION_WORDS).map(([value, words]) => h("option", { value }, words)));
    this.element = h("div", { class: "log" }, backLink(props.back), this.#heading, ...this.content());
    if (props.logs) void this.refresh();
  }

  focus(): void {
    focusOn(this.#heading);
  }

  hide(): void {
    // No value of a customer is in it
  }

  private content(): HTMLElement[] {
    if (!this.props.logs) {
      const advice =
        "What admins do is not recorded in a log here yet. Whoever holds the site keys makes its key: nightsafe keys audit.";
      return [h("p", { class: "empty" }, advice)];
    }
    const lead =
      "Each entry is signed by who did it, and the log continues the one that this browser saw last: both were just verified here.";
    const hint = "The key of the log was not granted to you, so you see only that entries are there. Ask another admin to grant it.";
    const filters = on(
      h(
        "form",
        { class: "card filters", "aria-label": "Which entries" },
        h("div", { class: "field" }, h("label", { for: this.#person.id }, "Who"), this.#person),
        h("div", { class: "field" }, h("label", { for: this.#action.id }, "What"), this.#action),
      ),
      { change: () => void this.refresh(), submit: (event) => event.preventDefault() },
    );
    return [
      h("p", { class: "lead" }, lead),
      ...(this.props.reads ? [filters] : [h("p", { class: "hint" }, hint)]),
      h("section", { class: "found", "aria-labelledby": this.#count.id }, this.#count, this.#place, this.#more),
    ];
  }

  private async refresh(): Promise<void> {
    await this.load(async () => {
      this.#size = (await this.props.read(0, 0)).size;
      return this.page(this.#size);
    }, true);
  }

  private async load(get: () => Promise<Page>, anew: boolean): Promise<void> {
    const asked = ++this.#asked;
    this.#place.setAttribute("aria-busy", "true");
    try {
      const page = await get();
      if (asked !== this.#asked) return;
      this.props.worked();
      this.show(page, anew);
    } catch (error) {
      if (asked === this.#asked) this.props.fail(error, () => void this.load(get, anew));
    } finally {
      if (asked === this.#asked) this.#place.removeAttribute("aria-busy");
    }
  }

  private page(before: number): Promise<Page> {
    return older(this.props.read, before, (entry) => this.fits(entry));
  }

  /** What does not verify is never filtered out. */
  private fits(entry: Logged): boolean {
    const [person, action] = [this.#person.value, this.#action.value];
    if (entry.problem !== undefined) return true;
    return (person === "" || entry.by === person) && (action === "" || entry.action === action);
  }

  private show({ entries, before }: Page, anew: boolean): void {
    if (anew) fill(this.#rows);
    this.#rows.append(...entries.map((entry) => this.row(entry)));
    const shown = this.#rows.childElementCount;
    this.#count.textContent = `${counted(this.#size, "entry", "entries")} in the log, ${shown} shown`;
    fill(this.#place, shown === 0 ? h("p", { class: "empty" }, before > 0 ? SEARCHED : NOTHING) : this.table());
    const more = button("Show older entries", () => void this.load(() => this.page(before), false));
    fill(this.#more, before > 0 ? more : undefined);
    this.props.say(this.#count.textContent);
    if (!anew && before > 0) more.focus();
  }

  private table(): HTMLElement {
    const heads = COLUMNS.map((name) => h("th", { role: "columnheader", scope: "col" }, name));
    return h(
      "table",
      { role: "table", "aria-labelledby": this.#count.id },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...heads)),
      this.#rows,
    );
  }

  private row(entry: Logged): HTMLElement {
    const sentence = what(entry, this.props.people);
    const doubtful = entry.problem !== undefined;
    const known = entry.action !== undefined && !doubtful;
    const time = entry.at === undefined ? `Entry ${entry.number}` : h("time", { datetime: entry.at }, moment(entry.at));
    const deposit = entry.deposit_id === undefined ? undefined : h("code", { title: entry.deposit_id }, entry.deposit_id.slice(0, 12));
    const purpose = entry.purpose === undefined ? undefined : purposeTitle(entry.purpose);
    const cells = [
      cell("Who", known ? who(entry, this.props.people) : undefined),
      h("td", { role: "cell", "data-column": "What" }, doubtful ? icon("danger") : undefined, sentence),
      cell("Deposit", deposit),
      cell("What for", purpose),
    ];
    return h("tr", { role: "row", class: doubtful ? "doubtful" : undefined }, h("th", { role: "rowheader", scope: "row" }, time), ...cells);
  }
}

const NOTHING = "Nothing of this kind was recorded yet.";
const SEARCHED = "None of the latest entries is of this kind. Show older ones to look further.";

function cell(column: string, content: string | HTMLElement | undefined): HTMLElement {
  if (content === undefined) return h("td", { role: "cell", "data-column": column, class: "none" }, "–");
  return h("td", { role: "cell", "data-column": column }, content);
}
