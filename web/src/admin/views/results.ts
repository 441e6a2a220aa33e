// Found deposits: a table, which style turns into a list on a narrow screen. Roles are spelled out, because browsers
// drop a table's own when its display changes.

import { h, on } from "../dom.ts";
import { card, counted, country, day } from "../format.ts";
import { routeHash } from "../route.ts";
import type { IndexRow } from "../wire.ts";

const COLUMNS = ["Reference", "Received", "Card", "Postal code", "Country", "Opened"] as const;

export function resultsTable(rows: readonly IndexRow[], open: (row: IndexRow) => void): HTMLElement {
  const heads = COLUMNS.map((name) => h("th", { role: "columnheader", scope: "col" }, name));
  return h(
    "table",
    { role: "table", "aria-labelledby": "found-count" },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...heads)),
    h("tbody", { role: "rowgroup" }, ...rows.map((row) => resultRow(row, open))),
  );
}

function resultRow(row: IndexRow, open: (row: IndexRow) => void): HTMLElement {
  const link = on(h("a", { href: routeHash({ page: "deposit", id: row.deposit_id }) }, row.reference), {
    click: (event) => (event.preventDefault(), open(row)),
  });
  const region = row.facets.get("country");
  const opened = row.openings.length === 0 ? "Not yet" : counted(row.openings.length, "time");
  const cells = [day(row.day), card(row.facets), row.facets.get("postal_code"), region && country(region), opened];
  return h(
    "tr",
    { role: "row" },
    h("th", { role: "rowheader", scope: "row" }, link),
    ...cells.map((text, index) => cell(COLUMNS[index + 1] ?? "", text)),
  );
}

function cell(column: string, text: string | undefined): HTMLElement {
  // `data-column` is the heading that style shows beside the cell where there is no head row
  if (text === undefined) return h("td", { role: "cell", "data-column": column, class: "none" }, "–");
  return h("td", { role: "cell", "data-column": column }, text);
}
