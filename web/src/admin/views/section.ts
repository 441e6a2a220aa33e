// A part of the people page: a heading, a sentence, and a list.

import { h, uniqueId } from "../dom.ts";

export function section(title: string, lead: string, ...items: readonly HTMLElement[]): HTMLElement {
  const heading = h("h2", { id: uniqueId("section") }, title);
  return h(
    "section",
    { class: "card people", "aria-labelledby": heading.id },
    heading,
    h("p", { class: "lead" }, lead),
    items.length === 0 ? undefined : h("ul", {}, ...items),
  );
}
