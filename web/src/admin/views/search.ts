// Finding a deposit: one form, its results, and the way through their pages.

import { criteria } from "../criteria.ts";
import { button, fill, focusOn, h } from "../dom.ts";
import { counted } from "../format.ts";
import type { IndexRow, SearchRequest, SearchResult } from "../wire.ts";
import { resultsTable } from "./results.ts";
import { SearchForm } from "./search-form.ts";
import type { View } from "./view.ts";

export interface SearchProps {
  readonly search: (request: SearchRequest) => Promise<SearchResult>;
  /** Shows a failure; the view keeps what is on screen. `again` repeats what failed. */
  readonly fail: (error: unknown, again: () => void) => void;
  /** The vault answered: what was said about a failure is over. */
  readonly worked: () => void;
  readonly say: (text: string) => void;
  readonly open: (row: IndexRow) => void;
}

export class SearchView implements View {
  readonly title = "Find a deposit";
  readonly #heading = h("h1", {}, "Find a deposit");
  readonly #form = new SearchForm((typed) => this.submitted(typed));
  readonly #count = h("h2", { class: "count" }, "Deposits");
  readonly #results = h("div", { class: "results" });
  readonly #pager = h("nav", { class: "pager", "aria-label": "Pages of results" });
  readonly element = h(
    "div",
    { class: "search" },
    this.#heading,
    this.#form.element,
    h("section", { class: "found", "aria-labelledby": "found-count" }, this.#count, this.#results, this.#pager),
  );

  /** Cursors of the pages up to the one on screen; the first page has none. */
  #pages: readonly (string | undefined)[] = [undefined];
  #request: SearchRequest = {};
  /** Tells answers that came too late from the one that is awaited. */
  #asked = 0;

  constructor(private readonly props: SearchProps) {
    this.#count.id = "found-count";
  }

  /** Asks again for what the form says, for example after signing in. */
  refresh(): void {
    this.submitted(this.#form.typed());
  }

  focus(): void {
    focusOn(this.#heading);
  }

  hide(): void {
    // Only what is readable in the vault anyway
  }

  private submitted(typed: ReturnType<SearchForm["typed"]>): void {
    const read = criteria(typed);
    this.#form.showErrors(read.ok ? new Map() : read.errors);
    if (read.ok) void this.load(read.request, [undefined], read.empty);
  }

  private async load(request: SearchRequest, pages: readonly (string | undefined)[], newest: boolean): Promise<void> {
    const asked = ++this.#asked;
    const after = pages.at(-1);
    this.#results.setAttribute("aria-busy", "true");
    try {
      const found = await this.props.search({ ...request, ...(after === undefined ? {} : { after }) });
      if (asked !== this.#asked) return;
      this.#request = request;
      this.#pages = pages;
      this.props.worked();
      this.show(found, newest);
    } catch (error) {
      if (asked === this.#asked) this.props.fail(error, () => void this.load(request, pages, newest));
    } finally {
      if (asked === this.#asked) this.#results.removeAttribute("aria-busy");
    }
  }

  private show({ deposits, next }: SearchResult, newest: boolean): void {
    const page = this.#pages.length;
    this.#count.textContent = resultsTitle(deposits.length, newest, page, next !== undefined);
    this.props.say(this.#count.textContent);
    fill(this.#results, deposits.length === 0 ? nothing(newest) : resultsTable(deposits, this.props.open));
    const turn = (pages: readonly (string | undefined)[]) => () => {
      void this.load(this.#request, pages, newest).then(() => focusOn(this.#count));
    };
    fill(
      this.#pager,
      page > 1 ? button("Previous page", turn(this.#pages.slice(0, -1))) : undefined,
      next === undefined ? undefined : button("Next page", turn([...this.#pages, next])),
    );
    this.#pager.hidden = page === 1 && next === undefined;
  }
}

function resultsTitle(found: number, newest: boolean, page: number, more: boolean): string {
  const paged = page > 1 || more;
  if (found === 0) return newest ? "No deposits" : "Nothing found";
  if (newest) return paged ? `Latest deposits, page ${page}` : "Latest deposits";
  return paged ? `Deposits found, page ${page}` : `${counted(found, "deposit")} found`;
}

function nothing(newest: boolean): HTMLElement {
  const advice = newest
    ? "No deposit has reached the vault yet. The vault collects new ones every few seconds."
    : "References and postal codes must match as a whole. Leave a field empty to search more widely.";
  return h("p", { class: "empty" }, advice);
}
