// How many admins must sign a change of the list.

import { button, h, uniqueId } from "../dom.ts";
import type { PeopleActions } from "./people.ts";

export function thresholdSection(threshold: number, actions: PeopleActions): HTMLElement {
  const heading = h("h2", { id: uniqueId("signatures") }, "How many must sign a change");
  const two = threshold > 1;
  const press = two
    ? button("Let one signature be enough", () => void actions.change({ change: "threshold", threshold: 1 }, "One signature is enough now."))
    : button("Ask for two signatures", () => void actions.change({ change: "threshold", threshold: 2 }, "Two must sign from now on."));
  return h(
    "section",
    { class: "card people", "aria-labelledby": heading.id },
    heading,
    h("p", { class: "lead" }, two ? TWO : ONE),
    h("div", { class: "row" }, press),
  );
}

const ONE =
  "One admin is enough to invite and to remove people. With two signatures, no admin alone can do either; there must be " +
  "two admins at least.";
const TWO = "Two admins must sign: no admin alone can bring somebody in, or remove somebody.";
