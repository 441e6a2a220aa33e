// The way back to all deposits: a link as far as the address goes, and no second step in the history.

import { h, on } from "../dom.ts";
import { icon } from "../icons.ts";
import { routeHash } from "../route.ts";

export function backLink(back: () => void): HTMLElement {
  return on(h("a", { href: routeHash({ page: "search" }), class: "back" }, icon("back"), "All deposits"), {
    click: (event) => (event.preventDefault(), back()),
  });
}
